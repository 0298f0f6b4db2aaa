package dev.godwit.activities.config;

import com.google.auto.service.AutoService;
import dev.godwit.activities.files.FileChanges;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/**
 * Puts files in the place of others, and rewrites what refers to them by name: all of it, or nothing. What stood there is
 * kept for undo.
 *
 * <pre>{@code
 * - name: new_service
 *   uses: files.replace
 *   with:
 *     files:
 *       - {from: 'v2_home:docker-compose-scalable.yml', to: 'v2_home:docker-compose.yml'}
 *       - {from: 'v2_home:scalable_app.py', to: 'v2_home:new_app.py'}
 *     references:
 *       - {in: ['v2_home:docker-compose.yml', 'v2_home:Dockerfile'], find: scalable_app, replace: new_app}
 *       - {in: ['v2_home:docker-compose.yml'], match: 'dockerfile: Dockerfile$', replace: 'dockerfile: Dockerfile.new'}
 * }</pre>
 *
 * <p>A file goes with its owner, mode and modification time; with {@code keep} it also stays where it is. Two files may
 * change places. {@code find} finds whole words: {@code app.py} is not found in {@code new_app.py}. {@code match} is a
 * regular expression, in which {@code ^} and {@code $} are ends of lines, and {@code $1} in its {@code replace} is its first
 * group. References are in files as the step leaves them, so they are named as they are called then, and rewritten one after
 * the other.
 *
 * <p>References that are rewritten already count, too. A file that is not where it is to come from fails the step; in a
 * preview that is only told where its new place is taken, for then it may have been moved there already.
 *
 * <p>The preview counts what it would rewrite and shows a unified diff, and the evidence has it as {@code changes.diff};
 * values of keys that are named like secrets are hidden in both. Undo puts every file back as it was and where it was. If
 * others changed one since, their version is set aside and named.
 *
 * <p>Errors: {@code file-missing}; {@code file-is-link}; {@code file-exists} (something other than a file has the place);
 * {@code file-too-large} (of a file with references); {@code file-moves} (references are to be rewritten in a file that is
 * moved away by this very step); {@code reference-count} (more or fewer references than {@code count}, or, without it,
 * none).
 */
@Uses(value = "files.replace", kind = StepKind.FILES)
@AutoService(StepType.class)
public final class FilesReplace implements StepType<FilesReplace.Spec, FilesReplace.Output> {

    /**
     * @param files which file takes which place
     * @param references what is rewritten, and where
     */
    public record Spec(@Default("[]") List<Replacement> files, @Default("[]") List<Reference> references) {
        public Spec {
            if (files.isEmpty() && references.isEmpty()) {
                throw new IllegalArgumentException("give files or references");
            }
            requireDifferent(files.stream().map(Replacement::to).toList(), "takes the place of two files");
            requireDifferent(files.stream().filter(file -> !file.keep()).map(Replacement::from).toList(),
                    "goes to two places");
        }

        private static void requireDifferent(List<Location> locations, String otherwise) {
            Set<Location> seen = new HashSet<>();
            locations.stream().filter(location -> !seen.add(location)).findFirst().ifPresent(location -> {
                throw new IllegalArgumentException(location + " " + otherwise);
            });
        }
    }

    /**
     * @param from the file
     * @param to its new place, whether there is a file or not
     * @param keep whether it also stays where it is
     */
    public record Replacement(@Of("directory") Location from, @Of("directory") Location to,
            @Default("false") boolean keep) {
        public Replacement {
            if (from.equals(to)) {
                throw new IllegalArgumentException(from + " is to take its own place");
            }
        }
    }

    /**
     * @param in the files with references, by their new names
     * @param find a whole word, or several
     * @param match a regular expression; give this or {@code find}
     * @param replace what comes in its place
     * @param count how many there must be in all these files; any number but none if left out
     */
    public record Reference(@Of("directory") List<Location> in, Optional<String> find, Optional<String> match,
            String replace, Optional<Integer> count) {
        public Reference {
            if (in.isEmpty()) {
                throw new IllegalArgumentException("in must name a file");
            }
            if (find.isPresent() == match.isPresent() || find.filter(String::isEmpty).isPresent()) {
                throw new IllegalArgumentException("give find or match, one of the two, and not empty");
            }
            if (count.filter(number -> number < 0).isPresent()) {
                throw new IllegalArgumentException("count must be 0 or more");
            }
            if (match.isPresent()) {
                requireFit(match.get(), replace);
            }
        }

        private static void requireFit(String expression, String replacement) {
            try {
                // An expression that also matches nothing shows whether the replacement fits its groups.
                Matcher matcher = Pattern.compile(expression + "|").matcher("");
                matcher.replaceFirst(replacement);
            } catch (PatternSyntaxException e) {
                throw new IllegalArgumentException(
                        "'" + expression + "' is not a regular expression: " + e.getDescription(), e);
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                throw new IllegalArgumentException(
                        "'" + replacement + "' does not fit '" + expression + "': " + e.getMessage(), e);
            }
        }

        /** What finds the references. */
        Pattern pattern() {
            return match.map(expression -> Pattern.compile(expression, Pattern.MULTILINE))
                    .orElseGet(() -> word(find.orElseThrow()));
        }

        private static Pattern word(String text) {
            if (text.isEmpty()) {
                return Pattern.compile("(?!)"); // Nobody can see where something was taken away.
            }
            String character = "[\\p{L}\\p{N}_]";
            boolean begins = text.substring(0, text.offsetByCodePoints(0, 1)).matches(character);
            boolean ends = text.substring(text.offsetByCodePoints(text.length(), -1)).matches(character);
            return Pattern.compile((begins ? "(?<!" + character + ")" : "") + Pattern.quote(text)
                    + (ends ? "(?!" + character + ")" : ""));
        }

        /** As {@link Matcher#replaceAll} wants it. */
        String replacement() {
            return match.isPresent() ? replace : Matcher.quoteReplacement(replace);
        }

        /** What it looks like once it is rewritten. */
        Pattern outcome() {
            return match.isPresent() ? TextLines.outcome(replace) : word(replace);
        }

        /** How the plan names it. */
        String title() {
            return find.map(text -> "find '" + text + "'").orElseGet(() -> "match '" + match.orElseThrow() + "'");
        }
    }

    /**
     * @param replaced the places where another file was
     * @param made the places where none was
     * @param references how many references were rewritten, by file
     */
    public record Output(List<String> replaced, List<String> made, Map<String, Integer> references) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = locations(spec).map(context::madeBy).flatMap(Optional::stream).findFirst();
        if (maker.isPresent()) {
            return making(spec, Preview.knownAfter(maker.get()));
        }
        ReplacedFiles files = new ReplacedFiles(spec, context);
        Preview<Output> preview = Preview.of(files.output());
        for (String line : files.summary()) {
            preview = preview.change(line);
        }
        return UnifiedDiff.shown(making(spec, preview), files.diff());
    }

    private static Preview<Output> making(Spec spec, Preview<Output> preview) {
        Preview<Output> making = preview;
        for (Location location : locations(spec).toList()) {
            making = making.making(location);
        }
        return making;
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        FileChanges changes = FileChanges.open(context);
        if (changes.cursor().isPresent()) {
            return Json.bind(changes.cursor().get(), Output.class);
        }
        ReplacedFiles files = new ReplacedFiles(spec, context);
        files.requireAllThere();
        UnifiedDiff.keep(files.diff(), context);
        files.addTo(changes.batch()).commit(files.output());
        return files.output();
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        FileChanges.open(context).undo();
    }

    private static Stream<Location> locations(Spec spec) {
        return Stream.concat(spec.files().stream().flatMap(file -> Stream.of(file.from(), file.to())),
                spec.references().stream().flatMap(reference -> reference.in().stream())).distinct();
    }
}
