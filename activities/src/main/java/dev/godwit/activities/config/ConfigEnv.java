package dev.godwit.activities.config;

import com.google.auto.service.AutoService;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Sets and removes keys of a .env file. Comments, order, line endings, {@code export}, other keys and lines that it does not
 * understand stay byte for byte. A key that is there gets its new value in place, in the same quotes, and only if the value
 * differs; absent keys are appended once, in the order of the plan, below a comment.
 *
 * <pre>{@code
 * - name: settings
 *   uses: config.env
 *   with:
 *     from: v1_home:.env
 *     to: v2_home:.env
 *     header: V2 features
 *     set: {DUAL_STORAGE_ENABLED: false, VIDEO_FPS: 15}
 *     remove: [LEGACY_MODE]
 * }</pre>
 *
 * <p>The preview shows a unified diff, and the evidence has it as {@code changes.diff}; values of keys that are named like
 * secrets are hidden in both.
 *
 * <p>Undo puts the file back as it was, or removes it if there was none. If others changed it since, their version is set
 * aside and named.
 *
 * <p>Errors: {@code file-missing}, {@code file-exists} ({@code to} is another file than {@code from}, and there already with
 * other content), {@code file-is-link}.
 */
@Uses(value = "config.env", kind = StepKind.CONFIG)
@AutoService(StepType.class)
public final class ConfigEnv implements StepType<ConfigEnv.Spec, ConfigEnv.Output> {

    /**
     * @param from the file to start from
     * @param to the file to write; the same if left out
     * @param set values by key
     * @param remove keys whose lines go
     * @param header a comment above appended keys
     */
    public record Spec(@Of("directory") Location from, @Of("directory") Optional<Location> to,
            @Default("{}") Map<String, String> set, @Default("[]") List<String> remove, Optional<String> header) {
        public Spec {
            set.forEach((key, value) -> EnvFile.requireKey(key));
            remove.forEach(EnvFile::requireKey);
            if (set.isEmpty() && remove.isEmpty()) {
                throw new IllegalArgumentException("give set or remove");
            }
            remove.stream().filter(set::containsKey).findFirst().ifPresent(key -> {
                throw new IllegalArgumentException(key + " is removed and given a value at once");
            });
            if (header.isPresent() && header.get().lines().count() != 1) {
                throw new IllegalArgumentException("header must be one line");
            }
        }
    }

    /**
     * @param added the keys that were appended
     * @param replaced the keys that got another value
     * @param kept the keys that had their value already
     * @param removed the keys whose lines went
     */
    public record Output(List<String> added, List<String> replaced, List<String> kept, List<String> removed) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        return edit(spec).preview(context,
                output -> "set %d keys in %s: %d added, %d replaced, %d as they are".formatted(spec.set().size(),
                        spec.to().orElse(spec.from()), output.added().size(), output.replaced().size(),
                        output.kept().size())
                        + (output.removed().isEmpty() ? "" : ", and " + output.removed().size() + " removed"));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        return edit(spec).run(context);
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        FileEdit.undo(context);
    }

    private static FileEdit<Output> edit(Spec spec) {
        return new FileEdit<>(spec.from(), spec.to().orElse(spec.from()), Output.class,
                before -> EnvFile.edit(before, spec.set(), spec.remove(), spec.header()));
    }
}
