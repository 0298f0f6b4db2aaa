package dev.godwit.activities.monitor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.godwit.activities.monitor.RuleFile.Group;
import dev.godwit.activities.monitor.RuleFile.Rule;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.activities.resource.DockerKind;
import dev.godwit.activities.resource.HttpKind;
import dev.godwit.activities.resource.HttpService.Answer;
import dev.godwit.activities.resource.HttpService.Content;
import dev.godwit.activities.resource.ProcessIdentity;
import dev.godwit.activities.resource.ProcessKind;
import dev.godwit.activities.resource.ShortCommand;
import dev.godwit.activities.resource.ShortCommand.Said;
import dev.godwit.activities.resource.WritableHttpService;
import dev.godwit.json.Durations;
import dev.godwit.plan.Location;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The rules that a Prometheus works by, and how it is told to read them anew. */
final class PrometheusRules {
    private static final Duration ONE_REQUEST = Duration.ofSeconds(30);

    private final MonitorRules.Spec spec;
    private final RunContext context;
    private final WritableHttpService prometheus;
    private final String file;
    private final Map<String, String> formatted = new HashMap<>();

    private PrometheusRules(MonitorRules.Spec spec, RunContext context, WritableHttpService prometheus, String file) {
        this.spec = spec;
        this.context = context;
        this.prometheus = prometheus;
        this.file = file;
    }

    static PrometheusRules open(MonitorRules.Spec spec, RunContext context) throws Exception {
        return new PrometheusRules(spec, context, context.writing(HttpKind.class, spec.prometheus()),
                context.reading(DirectoryKind.class, spec.to()).path().getFileName().toString());
    }

    /** Whether it answers at all. */
    boolean answers() {
        try {
            get("/-/healthy");
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Has it read its configuration and its rules. */
    void reload() throws IOException {
        context.journal().checkToken();
        if (spec.signal().isPresent()) {
            signal(spec.signal().get());
            return;
        }
        Answer answer;
        try {
            answer = prometheus.send("POST", "/-/reload", Optional.empty(), Content.KEPT, spec.within(),
                    context::checkpoint);
        } catch (IOException e) {
            throw unreachable(e);
        }
        switch (answer.status()) {
            case 200 -> {
                // It has read them when it answers.
            }
            case 500 -> throw refused(answer.text().strip());
            case 403, 404, 405 -> throw StepFailure.user("reload-forbidden", "monitor.rules: " + spec.prometheus()
                    + " does not let itself be reloaded (" + answer.text().strip()
                    + "); start it with --web.enable-lifecycle, or name its process or container with signal");
            default -> throw StepFailure.external("prometheus-unreachable", "monitor.rules: " + spec.prometheus()
                    + " answers the reload with status " + answer.status());
        }
    }

    private void signal(Location whose) throws IOException {
        try {
            if (context.kindOf(whose).equals("docker")) {
                context.writing(DockerKind.class, whose).signal(whose.path(), "SIGHUP");
                return;
            }
            ProcessIdentity process = context.writing(ProcessKind.class, whose)
                    .find()
                    .orElseThrow(() -> StepFailure.external("prometheus-unreachable",
                            "monitor.rules: " + whose + " does not run"));
            requireSignalled(whose, process.pid(), ShortCommand.run(
                    List.of("kill", "-HUP", Long.toString(process.pid())), Map.of("LC_ALL", "C"), context.scratch(),
                    ONE_REQUEST, context::checkpoint));
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException("cannot signal " + whose, e);
        }
    }

    static void requireSignalled(Location whose, long pid, Said said) {
        if (said.code() == 0) {
            return;
        }
        String why = "monitor.rules: " + whose + " (pid " + pid + ") cannot be told by SIGHUP to read its rules ("
                + said.words() + ")";
        throw said.text().contains("No such process")
                ? StepFailure.external("prometheus-unreachable", why + "; it has just ended, see why")
                : StepFailure.user("reload-forbidden",
                        why + "; run the worker as a user that may signal it, or leave out"
                                + " signal and start it with --web.enable-lifecycle");
    }

    /** Whether it works by the rules of a file, and by no others from the place where that is. */
    boolean has(RuleFile rules) {
        try {
            JsonNode all = get("/api/v1/rules").json().path("data").path("groups");
            Map<String, JsonNode> groups = new HashMap<>();
            for (JsonNode group : all) {
                if (group.path("file").asText().replaceAll(".*/", "").equals(file)) {
                    groups.put(group.path("name").asText(), group);
                }
            }
            if (groups.size() != rules.groups().size()) {
                return false;
            }
            for (Group group : rules.groups()) {
                if (!same(group, groups.getOrDefault(group.name(), MissingNode.getInstance()))) {
                    return false;
                }
            }
            return true;
        } catch (IOException | IllegalArgumentException e) {
            return false; // Not yet, or not at this moment.
        }
    }

    private boolean same(Group group, JsonNode there) throws IOException {
        JsonNode rules = there.path("rules");
        if (rules.size() != group.rules().size()) {
            return false;
        }
        for (int i = 0; i < rules.size(); i++) {
            Rule rule = group.rules().get(i);
            JsonNode other = rules.get(i);
            boolean same = other.path("type").asText().equals(rule.alerting() ? "alerting" : "recording")
                    && other.path("name").asText().equals(rule.name())
                    && (!rule.alerting() || other.path("duration").asDouble() == rule.seconds())
                    && RuleFile.texts(other.path("labels")).entrySet().containsAll(rule.labels().entrySet())
                    && RuleFile.texts(other.path("annotations")).equals(rule.annotations())
                    && formatted(other.path("query").asText()).equals(formatted(rule.expression()));
            if (!same) {
                return false;
            }
        }
        return true;
    }

    /** An expression as Prometheus writes it; as it is where Prometheus is older than 2.40 and cannot tell. */
    private String formatted(String expression) throws IOException {
        if (!formatted.containsKey(expression)) {
            Answer answer = get("/api/v1/format_query?query="
                    + URLEncoder.encode(expression, StandardCharsets.UTF_8).replace("+", "%20"));
            formatted.put(expression, answer.status() == 200
                    ? answer.json().path("data").asText()
                    : expression.replaceAll("[\\s()]", ""));
        }
        return formatted.get(expression);
    }

    /** Why it does not have the rules, though it was told to read them. */
    StepFailure notSeen(RuleFile rules) {
        try {
            JsonNode state = get("/api/v1/status/runtimeinfo").json().path("data").path("reloadConfigSuccess");
            if (state.isBoolean() && !state.booleanValue()) {
                return refused("its last reload failed");
            }
        } catch (IOException e) {
            return unreachable(e);
        }
        return StepFailure.user("rules-not-seen", "monitor.rules: " + spec.prometheus() + " does not have "
                + (rules.groups().isEmpty()
                        ? "let go of its rules"
                        : "the groups " + rules.groups().stream().map(Group::name).collect(Collectors.joining(", ")))
                + " of " + file + " " + Durations.format(spec.within())
                + " after it was told to read them; see whether rule_files of its configuration names " + spec.to());
    }

    private StepFailure refused(String why) {
        return StepFailure.user("rules-refused", "monitor.rules: " + spec.prometheus() + " refuses its configuration: "
                + why + "; its log says why; the file is as it was before");
    }

    private StepFailure unreachable(IOException e) {
        return StepFailure.external("prometheus-unreachable",
                "monitor.rules: " + spec.prometheus() + " does not answer: " + e.getMessage()).causedBy(e);
    }

    private Answer get(String path) throws IOException {
        return prometheus.get(path, Content.KEPT, ONE_REQUEST, context::checkpoint);
    }
}
