package dev.godwit.activities.monitor;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.config.ConfigValues;
import dev.godwit.activities.config.UnreadableConfigException;
import dev.godwit.plan.Location;
import dev.godwit.step.StepFailure;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of Prometheus rules.
 *
 * @param content as it is
 * @param groups what it says
 */
record RuleFile(byte[] content, List<Group> groups) {

    /** A file that is not there. */
    static final RuleFile EMPTY = new RuleFile(new byte[0], List.of());

    private static final Pattern DURATION = Pattern.compile("(\\d+)(ms|s|m|h|d|w|y)");

    record Group(String name, List<Rule> rules) {}

    /**
     * @param alerting whether it is no recording rule
     * @param name of the alert or the series
     * @param expression in PromQL
     * @param seconds for how long it must hold
     */
    record Rule(boolean alerting, String name, String expression, double seconds, Map<String, String> labels,
            Map<String, String> annotations) {}

    /** Reads a file that a plan names. */
    static RuleFile read(Location location, byte[] content) {
        try {
            return read(content);
        } catch (UnreadableConfigException e) {
            throw StepFailure.user("rules-invalid",
                    "monitor.rules: " + location + ", line " + e.line() + ": " + e.getMessage() + "; correct it");
        }
    }

    /** Reads a file of others; empty if it is no such file. */
    static Optional<RuleFile> ifReadable(byte[] content) {
        try {
            return Optional.of(read(content));
        } catch (UnreadableConfigException e) {
            return Optional.empty();
        }
    }

    private static RuleFile read(byte[] content) throws UnreadableConfigException {
        JsonNode values = ConfigValues.read(content, ConfigValues.Format.YAML).values();
        List<Group> groups = new ArrayList<>();
        for (JsonNode group : values.path("groups")) {
            List<Rule> rules = new ArrayList<>();
            for (JsonNode rule : group.path("rules")) {
                boolean alerting = rule.has("alert");
                rules.add(new Rule(alerting, rule.path(alerting ? "alert" : "record").asText(),
                        rule.path("expr").asText(), seconds(rule.path("for").asText("")), texts(rule.path("labels")),
                        texts(rule.path("annotations"))));
            }
            groups.add(new Group(group.path("name").asText(), rules));
        }
        return new RuleFile(content, groups);
    }

    static Map<String, String> texts(JsonNode object) {
        Map<String, String> texts = new TreeMap<>();
        object.properties().forEach(field -> texts.put(field.getKey(), field.getValue().asText()));
        return texts;
    }

    private static double seconds(String duration) {
        double seconds = 0;
        Matcher part = DURATION.matcher(duration);
        while (part.find()) {
            seconds += Double.parseDouble(part.group(1)) * switch (part.group(2)) {
                case "ms" -> 0.001;
                case "s" -> 1;
                case "m" -> 60;
                case "h" -> 3_600;
                case "d" -> 86_400;
                case "w" -> 604_800;
                default -> 31_536_000;
            };
        }
        return seconds;
    }

    String text() {
        return new String(content, StandardCharsets.UTF_8);
    }

    int count(boolean alerting) {
        return (int) groups.stream()
                .flatMap(group -> group.rules().stream())
                .filter(rule -> rule.alerting() == alerting)
                .count();
    }
}
