package dev.godwit.activities.monitor;

import dev.godwit.activities.resource.ShortCommand;
import dev.godwit.activities.resource.ShortCommand.Said;
import dev.godwit.plan.Location;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What can be said of rules before a Prometheus gets them. */
final class RuleCheck {
    private static final Duration WITHIN = Duration.ofMinutes(1);

    private RuleCheck() {}

    /** Fails if they are wrong, as far as the worker can tell. */
    static void check(Location location, RuleFile rules, PreviewContext context) throws IOException {
        List<RuleFile.Rule> all = rules.groups().stream().flatMap(group -> group.rules().stream()).toList();
        if (all.isEmpty() || all.stream().anyMatch(rule -> rule.name().isEmpty() || rule.expression().isEmpty())) {
            throw invalid(location, all.isEmpty()
                    ? "it has no rules"
                    : "a rule has no name (alert or record) or no expr");
        }
        Path file = context.scratch().resolve("rules.yml");
        Files.write(file, rules.content());
        Said said;
        try {
            said = ShortCommand.run(List.of("promtool", "check", "rules", file.toString()), Map.of(), context.scratch(),
                    WITHIN, context::checkpoint);
        } catch (StepFailure missing) {
            if (missing.code().equals("command-missing")) {
                return; // Prometheus itself will say.
            }
            throw missing;
        }
        if (said.code() != 0) {
            throw invalid(location, said.text()
                    .lines()
                    .map(line -> line.replace(file + ": ", "").strip())
                    .filter(line -> !line.isEmpty() && !line.startsWith("Checking") && !line.equals("FAILED:"))
                    .collect(Collectors.joining("; ")));
        }
    }

    private static StepFailure invalid(Location location, String why) {
        return StepFailure.user("rules-invalid", "monitor.rules: " + location + ": " + why + "; correct it");
    }
}
