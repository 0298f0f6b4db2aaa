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
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/**
 * Changes lines of a text file that no other {@code config} step understands: a service's unit, a proxy's configuration, a
 * script. Each edit finds lines by a text or a regular expression and says how many it expects to find; with any other
 * number nothing is written. What no edit names stays byte for byte.
 *
 * <pre>{@code
 * - name: service_port
 *   uses: config.text
 *   with:
 *     from: v1_home:stts.service
 *     edits:
 *       - {find: '--port 8004', replace: '--port 8005'}
 *       - {match: '^Environment=LOG_LEVEL=', line: 'Environment=LOG_LEVEL=info'}
 *       - {find: '[Service]', after: ['LimitNOFILE=65536']}
 *       - {match: '^#? *Restart=no$', remove: true}
 * }</pre>
 *
 * <p>{@code replace} puts a text in the place of what was found, {@code line} in the place of the whole line, {@code after}
 * and {@code before} put lines beside it, {@code remove} takes the line away; {@code append} without {@code find} puts lines
 * at the end. In {@code replace} and {@code line} of a {@code match}, {@code $1} is the expression's first group.
 *
 * <p>What is done already is counted, too: a line that holds the replacement, the lines that stand where they would be put.
 * So a second run changes nothing. Lines to remove may be gone.
 *
 * <p>The preview shows a unified diff, and the evidence has it as {@code changes.diff}; values of keys that are named like
 * secrets are hidden in both. Undo puts the file back as it was, or removes it if there was none. If others changed it
 * since, their version is set aside and named.
 *
 * <p>Errors: {@code file-missing}, {@code file-exists} ({@code to} is another file than {@code from}, and there already with
 * other content), {@code file-is-link}, {@code config-count} (an edit found more or fewer lines than it expects; the lines are
 * named by number).
 */
@Uses(value = "config.text", kind = StepKind.CONFIG)
@AutoService(StepType.class)
public final class ConfigText implements StepType<ConfigText.Spec, ConfigText.Output> {

    /**
     * @param from the file to start from
     * @param to the file to write; the same if left out
     * @param edits what to change, one after the other
     */
    public record Spec(@Of("directory") Location from, @Of("directory") Optional<Location> to, List<Edit> edits) {
        public Spec {
            if (edits.isEmpty()) {
                throw new IllegalArgumentException("edits must hold at least one");
            }
        }
    }

    /**
     * @param find a text within the lines to change
     * @param match a regular expression that finds something in the lines to change; give this or {@code find}
     * @param replace what comes in the place of what was found
     * @param line what comes in the place of the line
     * @param after lines to put below the line
     * @param before lines to put above the line
     * @param remove whether the line goes
     * @param append lines to put at the end of the file, without {@code find} and {@code match}
     * @param count how many lines must be found
     */
    public record Edit(Optional<String> find, Optional<String> match, Optional<String> replace, Optional<String> line,
            @Default("[]") List<String> after, @Default("[]") List<String> before, @Default("false") boolean remove,
            @Default("[]") List<String> append, @Default("1") int count) {
        public Edit {
            long actions = Stream.of(replace.isPresent(), line.isPresent(), !after.isEmpty(), !before.isEmpty(), remove,
                    !append.isEmpty()).filter(given -> given).count();
            if (actions != 1) {
                throw new IllegalArgumentException(
                        "give one of replace, line, after, before, remove and append");
            }
            if (append.isEmpty() ? find.isPresent() == match.isPresent() : find.isPresent() || match.isPresent()) {
                throw new IllegalArgumentException("give find or match, one of the two; and neither with append");
            }
            if (find.isPresent() && find.get().isEmpty() || count < 1) {
                throw new IllegalArgumentException("find must not be empty, and count must be at least 1");
            }
            Stream.of(find.stream(), replace.stream(), line.stream(), after.stream(), before.stream(), append.stream())
                    .flatMap(texts -> texts)
                    .filter(text -> text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0)
                    .findFirst()
                    .ifPresent(text -> {
                        throw new IllegalArgumentException("a text goes over one line; give lines one by one");
                    });
            match.ifPresent(Edit::compiled);
        }

        /** What finds the lines. */
        Pattern pattern() {
            return match.map(Edit::compiled).orElseGet(() -> Pattern.compile(Pattern.quote(find.orElse(""))));
        }

        /** How the plan names it. */
        String title() {
            return find.map(text -> "find '" + text + "'")
                    .or(() -> match.map(text -> "match '" + text + "'"))
                    .orElse("append");
        }

        private static Pattern compiled(String expression) {
            try {
                return Pattern.compile(expression);
            } catch (PatternSyntaxException e) {
                throw new IllegalArgumentException(
                        "'" + expression + "' is not a regular expression: " + e.getDescription(), e);
            }
        }
    }

    /**
     * @param changed how many lines were changed, put in or taken away
     * @param kept how many edits had nothing to do
     */
    public record Output(int changed, int kept) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        return edit(spec).preview(context, output -> "change %d lines of %s; %d of %d edits are done already"
                .formatted(output.changed(), spec.to().orElse(spec.from()), output.kept(), spec.edits().size()));
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
        return new FileEdit<>(spec.from(), spec.to().orElse(spec.from()), Output.class, before -> {
            TextFile file = TextFile.of(before);
            TextLines lines = new TextLines(file.text(), file.newline());
            int changed = 0;
            int kept = 0;
            for (Edit edit : spec.edits()) {
                int now = lines.apply(edit);
                changed += now;
                kept += now == 0 ? 1 : 0;
            }
            return new FileEdit.Edited<>(file.with(lines.text()), new Output(changed, kept));
        });
    }
}
