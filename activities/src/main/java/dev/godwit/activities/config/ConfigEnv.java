package dev.godwit.activities.config;

import com.google.auto.service.AutoService;
import dev.godwit.activities.files.FileAttributes;
import dev.godwit.activities.files.FileChanges;
import dev.godwit.activities.files.FileChanges.Existing;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Sets keys of a .env file. Comments, order, line endings, other keys and lines that it does not understand stay byte for
 * byte. A key that is there gets its new value in place, and only if the value differs; absent keys are appended once, in
 * the order of the plan, below a comment.
 *
 * <pre>{@code
 * - name: settings
 *   uses: config.env
 *   with:
 *     from: v1_home:.env
 *     to: v2_home:.env
 *     header: V2 features
 *     set: {DUAL_STORAGE_ENABLED: false, VIDEO_FPS: 15}
 * }</pre>
 *
 * <p>Undo puts the file back as it was, or removes it if there was none.
 *
 * <p>Errors: {@code file-missing}, {@code file-exists} ({@code to} is another file than {@code from}, and there already with
 * other content).
 */
@Uses(value = "config.env", kind = StepKind.CONFIG)
@AutoService(StepType.class)
public final class ConfigEnv implements StepType<ConfigEnv.Spec, ConfigEnv.Output> {

    /**
     * @param from the file to start from
     * @param to the file to write; may be the same
     * @param set values by key
     * @param header a comment above appended keys
     */
    public record Spec(@Of("directory") Location from, @Of("directory") Location to, Map<String, String> set,
            Optional<String> header) {
        public Spec {
            set.forEach((key, value) -> EnvFile.requireKey(key));
            if (header.isPresent() && header.get().lines().count() != 1) {
                throw new IllegalArgumentException("header must be one line");
            }
        }
    }

    /**
     * @param added the keys that were appended
     * @param replaced the keys that got another value
     * @param kept the keys that had their value already
     */
    public record Output(List<String> added, List<String> replaced, List<String> kept) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.from());
        if (maker.isPresent()) {
            return Preview.knownAfter(maker.get());
        }
        Output output = edited(spec, context).output();
        return Preview.of(output)
                .change("set %d keys in %s: %d added, %d replaced, %d as they are".formatted(spec.set().size(),
                        spec.to(),
                        output.added().size(), output.replaced().size(), output.kept().size()))
                .making(spec.to());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        FileChanges changes = FileChanges.open(context);
        if (changes.cursor().isPresent()) {
            return Json.bind(changes.cursor().get(), Output.class);
        }
        EnvFile.Edit edit = edited(spec, context);
        Path from = context.reading(DirectoryKind.class, spec.from()).file();
        Path to = context.writing(DirectoryKind.class, spec.to()).path();
        FileAttributes attributes = new FileAttributes(Optional.empty(), FileAttributes.of(from).mode());
        changes.batch()
                .put(to, edit.content(), attributes, from.equals(to) ? Existing.REPLACE : Existing.REFUSE)
                .commit(edit.output());
        return edit.output();
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        FileChanges.open(context).undo();
    }

    private static EnvFile.Edit edited(Spec spec, PreviewContext context) throws Exception {
        byte[] content = Files.readAllBytes(context.reading(DirectoryKind.class, spec.from()).file());
        return EnvFile.set(content, spec.set(), spec.header().map(ConfigEnv::asWritten));
    }

    private static String asWritten(String header) {
        return new String(header.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
