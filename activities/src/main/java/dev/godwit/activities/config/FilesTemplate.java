package dev.godwit.activities.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import dev.godwit.activities.files.FileAttributes;
import dev.godwit.activities.files.FileChanges;
import dev.godwit.activities.files.FileChanges.Existing;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.activities.run.Invocation;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes a file of a template: {@code {{ NAME }}} becomes the value of that name. A value may be a secret, which the
 * worker looks up when it writes the file: it stands in the file and nowhere else.
 *
 * <pre>{@code
 * - name: settings
 *   uses: files.template
 *   with:
 *     from: v2_home:env.template
 *     to: v2_home:.env
 *     values:
 *       GEMINI_API_KEY: {secret: GEMINI_API_KEY}
 *       WORKER_PROCESSES: 4
 * }</pre>
 *
 * <p>A file with a secret can be read by its owner only, unless {@code mode} says otherwise. Any other has the template's
 * mode, or that of the file that it replaces. One that is there with the same content and another mode than it would have gets
 * that mode.
 *
 * <p>The preview shows a unified diff, and the evidence has it as {@code changes.diff}; secrets are {@code ***} in both, and
 * so are values of keys that are named like secrets and, where the template has secrets, those of lines that the new file
 * does not have. Undo removes the file, or puts back the one that it replaced. If others changed it since, their version is
 * set aside and named.
 *
 * <p>Errors: {@code template-unfit} (places without a value and values without a place, all at once), {@code file-missing},
 * {@code file-too-large}, {@code file-exists} (a file with other content, unless it may be replaced), and what the worker
 * says of a secret that it does not have.
 */
@Uses(value = "files.template", kind = StepKind.CONFIG)
@AutoService(StepType.class)
public final class FilesTemplate implements StepType<FilesTemplate.Spec, FilesTemplate.Output> {
    private static final int LARGEST = 4 << 20;
    private static final String OWNER_ONLY = "rw-------";

    /**
     * @param from the template
     * @param text the template itself; give this or {@code from}
     * @param to the file
     * @param values texts, numbers, true or false, or {@code {secret: NAME}}, by name
     * @param existing what to do about a file with other content: {@code refuse} it or {@code replace} it
     * @param mode of the file, such as {@code rw-r-----}
     */
    public record Spec(@Of("directory") Optional<Location> from, Optional<String> text, @Of("directory") Location to,
            @Default("{}") Map<String, JsonNode> values, @Default("refuse") Existing existing,
            Optional<String> mode) {
        public Spec {
            if (from.isPresent() == text.isPresent()) {
                throw new IllegalArgumentException("give from or text, one of the two");
            }
            values.forEach((name, value) -> {
                if (!Invocation.isSecret(value) && (!value.isValueNode() || value.isNull())) {
                    throw new IllegalArgumentException(
                            "values." + name + " must be a text or {secret: NAME}, and is " + value);
                }
            });
            if (mode.isPresent() && !mode.get().matches("([r-][w-][x-]){3}")) {
                throw new IllegalArgumentException("mode must be like rw-r----- and is " + mode.get());
            }
        }

        boolean hasSecrets() {
            return values.values().stream().anyMatch(Invocation::isSecret);
        }
    }

    /**
     * @param places how many places got a value
     * @param secrets how many of them a secret
     * @param replaced whether a file with other content was there
     */
    public record Output(int places, int secrets, boolean replaced) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = spec.from().flatMap(context::madeBy);
        if (maker.isPresent()) {
            return Preview.<Output>knownAfter(maker.get()).making(spec.to());
        }
        FilledTemplate filled = fill(spec, context);
        Path to = context.reading(DirectoryKind.class, spec.to()).path();
        Output output = output(spec, filled, to);
        if (output.replaced() && spec.existing() == Existing.REFUSE && context.madeBy(spec.to()).isEmpty()) {
            throw StepFailure.user("file-exists", "files.template: " + spec.to()
                    + " exists already with other content; move it away, or say 'existing: replace'");
        }
        Preview<Output> preview = Preview.of(output)
                .change("write " + spec.to() + " with " + output.places() + " values, " + output.secrets()
                        + " of them secrets")
                .making(spec.to());
        if (Files.isRegularFile(to) && !attributes(spec, to, context).hasModeOf(to)) {
            preview = preview.change("change the mode of " + spec.to() + " from "
                    + PosixFilePermissions.toString(Files.getPosixFilePermissions(to)) + " to "
                    + spec.mode().orElse(OWNER_ONLY));
        }
        return UnifiedDiff.shown(preview, filled.diff(spec.to().toString(), before(to)));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Path to = context.writing(DirectoryKind.class, spec.to()).path();
        FileChanges changes = FileChanges.open(context);
        if (changes.cursor().isPresent()) {
            return Json.bind(changes.cursor().get(), Output.class);
        }
        FilledTemplate filled = fill(spec, context);
        Output output = output(spec, filled, to);
        UnifiedDiff.keep(filled.diff(spec.to().toString(), before(to)), context);
        byte[] content = filled.content();
        changes.batch()
                .putWithMode(to, out -> out.write(content), attributes(spec, to, context), spec.existing())
                .commit(output);
        return output;
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        FileChanges.open(context).undo();
    }

    private static FilledTemplate fill(Spec spec, PreviewContext context) throws Exception {
        String name = spec.from().map(Location::toString).orElse("its text");
        byte[] template = spec.text().isPresent()
                ? spec.text().get().getBytes(StandardCharsets.UTF_8)
                : read(context.reading(DirectoryKind.class, spec.from().get()).file(), name);
        Map<String, String> values = new LinkedHashMap<>();
        Map<String, String> secrets = new LinkedHashMap<>();
        spec.values().forEach((key, value) -> {
            if (Invocation.isSecret(value)) {
                secrets.put(key, context.secret(value.get("secret").textValue()));
            } else {
                values.put(key, value.asText());
            }
        });
        return FilledTemplate.of(name, template, values, secrets);
    }

    private static byte[] read(Path file, String name) throws IOException {
        if (Files.size(file) > LARGEST) {
            throw StepFailure.user("file-too-large", "files.template: " + name + " (" + file + ") has "
                    + Files.size(file) + " bytes; a template has at most " + LARGEST);
        }
        return Files.readAllBytes(file);
    }

    private static Output output(Spec spec, FilledTemplate filled, Path to) throws IOException {
        boolean replaced = Files.exists(to, LinkOption.NOFOLLOW_LINKS)
                && !(Files.isRegularFile(to) && Arrays.equals(before(to), filled.content()));
        return new Output(filled.places(), filled.secretPlaces(), replaced);
    }

    private static byte[] before(Path to) throws IOException {
        return Files.isRegularFile(to) && Files.size(to) <= LARGEST ? Files.readAllBytes(to) : new byte[0];
    }

    private static FileAttributes attributes(Spec spec, Path to, PreviewContext context) throws Exception {
        Optional<FileAttributes> old = Files.isRegularFile(to)
                ? Optional.of(FileAttributes.successorOf(to))
                : Optional.empty();
        Optional<Set<PosixFilePermission>> wanted = spec.mode()
                .or(() -> spec.hasSecrets() ? Optional.of(OWNER_ONLY) : Optional.empty())
                .map(PosixFilePermissions::fromString);
        if (wanted.isPresent()) {
            return old.map(successor -> successor.withMode(wanted.get()))
                    .orElseGet(() -> new FileAttributes(Optional.empty(), wanted));
        }
        if (old.isPresent()) {
            return old.get();
        }
        return spec.from().isPresent()
                ? new FileAttributes(Optional.empty(),
                        FileAttributes.of(context.reading(DirectoryKind.class, spec.from().get()).file()).mode())
                : FileAttributes.DEFAULT;
    }
}
