package dev.godwit.activities.config;

import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Adds requirements to a requirements file of Python. What is there already is not added again: names are the same whatever
 * their case and whether they have a dash, an underscore or a dot, as {@code prometheus_client} and
 * {@code Prometheus-Client}. Comments, order, options, markers and line ends of the file stay byte for byte; what is new
 * comes at the end, in the order of the plan, below a comment.
 *
 * <pre>{@code
 * - name: dependencies
 *   uses: config.requirements
 *   with:
 *     from: v2_home:requirements.txt
 *     header: Scalable version dependencies
 *     add: [fastapi==0.104.1, 'uvicorn[standard]==0.24.0', redis==5.0.1]
 * }</pre>
 *
 * <p>A requirement that is there without a version, or without all of the extras, gets them in its place. One that is there
 * with another version, or on another condition, is a conflict. All conflicts are reported at once, in a dry-run too, and
 * nothing is changed; with {@code on-conflict: replace} the plan's version, and condition, come in their place. Two
 * requirements with conditions that can never both hold, as {@code sys_platform == "linux"} and
 * {@code sys_platform == "win32"}, are no conflict.
 *
 * <p>Files that this one includes with {@code -r} or {@code -c} are read, too, and those that they include. What they require
 * is not added again, and another version there is a conflict, which {@code on-conflict: replace} does not settle: they are
 * not changed. A constraint is one if it and the plan each want a single version, and not the same. What cannot be read, such
 * as an address, is named in {@code unread}.
 *
 * <p>The preview shows a unified diff, and the evidence has it as {@code changes.diff}. Undo puts the file back as it was,
 * or removes it if there was none. If others changed it since, their version is set aside and named.
 *
 * <p>Errors: {@code requirements-conflict}, {@code requirements-hashed} (the file has hashes, and pip would refuse whatever
 * has none), {@code file-missing}, {@code file-exists} ({@code to} is another file than {@code from}, and there already with
 * other content), {@code file-is-link}.
 */
@Uses(value = "config.requirements", kind = StepKind.CONFIG)
@AutoService(StepType.class)
public final class ConfigRequirements implements StepType<ConfigRequirements.Spec, ConfigRequirements.Output> {

    /** What becomes of a requirement that is there with another version or condition. */
    public enum OnConflict {
        /** It stays, and the step fails. */
        REFUSE,
        /** The plan's comes in its place. */
        REPLACE
    }

    /**
     * @param from the file to start from
     * @param to the file to write; the same if left out
     * @param add requirements, as PEP 508 writes them
     * @param onConflict what becomes of one that is there with another version or condition
     * @param header a comment above those that are added
     */
    public record Spec(@Of("directory") Location from, @Of("directory") Optional<Location> to, List<String> add,
            @Default("refuse") OnConflict onConflict, Optional<String> header) {
        public Spec {
            if (add.isEmpty()) {
                throw new IllegalArgumentException("add must hold at least one requirement");
            }
            if (header.isPresent() && header.get().lines().count() != 1) {
                throw new IllegalArgumentException("header must be one line");
            }
            requireUnequal(add.stream().map(Requirement::parse).toList());
        }

        private static void requireUnequal(List<Requirement> wanted) {
            List<Requirement> before = new ArrayList<>();
            for (Requirement requirement : wanted) {
                before.stream()
                        .filter(other -> other.project().equals(requirement.project()) && !other.excludes(requirement))
                        .findFirst()
                        .ifPresent(other -> {
                            throw new IllegalArgumentException(
                                    "'" + requirement + "' and '" + other + "' are of one project; leave one");
                        });
                before.add(requirement);
            }
        }
    }

    /**
     * @param added the names of those that were added
     * @param replaced the names of those that got another version or condition
     * @param extended the names of those that got a version or extras which they lacked
     * @param kept the names of those that were there
     * @param unread files that it includes and that could not be read
     */
    public record Output(List<String> added, List<String> replaced, List<String> extended, List<String> kept,
            List<String> unread) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        return edit(spec, context).preview(context,
                output -> "want %d requirements in %s: %d added, %d replaced, %d extended, %d as they are".formatted(
                        spec.add().size(), spec.to().orElse(spec.from()), output.added().size(),
                        output.replaced().size(), output.extended().size(), output.kept().size()));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        return edit(spec, context).run(context);
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        FileEdit.undo(context);
    }

    private static FileEdit<Output> edit(Spec spec, PreviewContext context) throws Exception {
        List<Requirement> wanted = spec.add().stream().map(Requirement::parse).toList();
        Path file = context.reading(DirectoryKind.class, spec.from()).path();
        return new FileEdit<>(spec.from(), spec.to().orElse(spec.from()), Output.class,
                before -> RequirementsFile.edit(file, before, wanted, spec.header(), spec.onConflict()));
    }
}
