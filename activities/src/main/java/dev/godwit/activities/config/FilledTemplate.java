package dev.godwit.activities.config;

import dev.godwit.activities.config.UnifiedDiff.Version;
import dev.godwit.step.StepFailure;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A template with its values in their places.
 *
 * @param content the file that it makes
 * @param text the same as text, with secrets
 * @param shown the same without secrets, line for line
 * @param places how many places there are
 * @param secretPlaces how many of them have a secret
 */
record FilledTemplate(byte[] content, String text, String shown, int places, int secretPlaces) {

    private static final Pattern PLACE = Pattern.compile("\\{\\{ *([A-Za-z_][A-Za-z0-9_.-]*) *}}");
    private static final Pattern KEY = Pattern.compile("\\s*[\\w.\"' -]+?\\s*[=:]\\s*");
    private static final String HIDDEN = "***";

    /**
     * Fills a template.
     *
     * @param name of the template, for people
     */
    static FilledTemplate of(String name, byte[] template, Map<String, String> values, Map<String, String> secrets) {
        TextFile file = TextFile.of(template);
        List<String> names = PLACE.matcher(file.text()).results().map(place -> place.group(1)).toList();
        requireFit(name, names, values.keySet(), secrets.keySet());
        String text = fill(file.text(), place -> secrets.getOrDefault(place, values.get(place)));
        String shown = fill(file.text(),
                place -> secrets.containsKey(place) ? hidden(secrets.get(place)) : values.get(place));
        int secretPlaces = (int) names.stream().filter(secrets::containsKey).count();
        return new FilledTemplate(file.with(text), text, shown, names.size(), secretPlaces);
    }

    private static void requireFit(String name, List<String> names, Set<String> values, Set<String> secrets) {
        Set<String> known = new LinkedHashSet<>(values);
        known.addAll(secrets);
        List<String> faults = new ArrayList<>();
        names.stream()
                .distinct()
                .filter(place -> !known.contains(place))
                .forEach(place -> faults.add("{{ " + place + " }} has no value"));
        known.stream()
                .filter(value -> !names.contains(value))
                .forEach(value -> faults.add("it has no place {{ " + value + " }}"));
        if (!faults.isEmpty()) {
            throw StepFailure.user("template-unfit", "files.template: " + name + ": " + String.join("; ", faults)
                    + "; correct the template, or values");
        }
    }

    private static String fill(String template, Function<String, String> values) {
        return PLACE.matcher(template)
                .replaceAll((MatchResult place) -> Matcher.quoteReplacement(values.apply(place.group(1))));
    }

    /** Of as many lines as the secret. */
    private static String hidden(String secret) {
        return secret.replaceAll("[^\\r\\n]+", HIDDEN);
    }

    /** How the file differs from what was there, without secrets. */
    List<String> diff(String name, byte[] before) {
        List<String> shownLines = SecretMask.lines(shown.lines().toList());
        Version old = Version.of(TextFile.of(before).text());
        if (secretPlaces > 0) {
            old = new Version(old.lines(), hidden(old, new HashSet<>(shown.lines().toList())));
        }
        return UnifiedDiff.lines(name, old, name, new Version(text.lines().toList(), shownLines));
    }

    /** What stood there before may be another value of the same secret. */
    private static List<String> hidden(Version old, Set<String> known) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < old.lines().size(); i++) {
            String line = old.lines().get(i);
            Matcher key = KEY.matcher(line);
            boolean harmless = line.isBlank() || known.contains(line);
            lines.add(harmless ? old.shown().get(i) : (key.lookingAt() ? key.group() : "") + HIDDEN);
        }
        return lines;
    }
}
