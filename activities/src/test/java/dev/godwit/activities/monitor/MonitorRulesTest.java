package dev.godwit.activities.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.gate.PrometheusServer;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.json.Json;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Row B10. */
@Timeout(600)
class MonitorRulesTest {
    private static final String SPEC = "prometheus: 'metrics', from: 'home:alerts.yml', to: 'rules:ocr.yml'";
    private static final String ALERTS = """
            groups:
            - name: ocr_alerts
              rules:
              - alert: HighMemoryUsage
                expr: memory_usage_percent>80 and on()  (vector( 1 ))
                for: 1h5m
                labels: {severity: page}
                annotations:
                  summary: "High memory usage: {{ $value }}"
              - {alert: LowCacheHitRate, expr: cache_hit_rate < 0.6, for: 10m, annotations: {summary: low}}
            - name: ocr_records
              rules: [{record: 'job:requests:rate5m', expr: 'sum by (job) (rate(requests_total[5m]))'}]
            """;
    private static final String OLD = "groups: [{name: old, rules: [{alert: Old, expr: up == 0}]}]\n";

    @Nested
    class OfANewFile extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return home(directory, "");
        }

        @Override
        protected int interruptions() {
            return 8; // Each has a Prometheus of its own.
        }
    }

    @Nested
    class InThePlaceOfAnOther extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return home(directory, OLD);
        }

        @Override
        protected int interruptions() {
            return 8;
        }
    }

    @TempDir
    private Path temporary;

    @Test
    void prometheus_has_every_rule_as_the_file_says_it() throws Exception {
        try (StepWorld world = home(directory(), "")) {
            JsonNode output = world.run().output();

            assertThat(output.toString()).isEqualTo("{\"groups\":[\"ocr_alerts\",\"ocr_records\"],\"alerts\":2,"
                    + "\"recordings\":1,\"replaced\":false}");
            assertThat(world.snapshot()).contains("rule HighMemoryUsage 3900", "rule LowCacheHitRate 600",
                    "rule job:requests:rate5m 0");
        }
    }

    @Test
    void a_rule_that_only_waits_longer_is_loaded_too() throws Exception {
        try (StepWorld world = home(directory(), ALERTS)) {
            Files.writeString(world.directory().resolve("home/alerts.yml"), ALERTS.replace("for: 10m", "for: 1d"));

            assertThat(world.run().output().path("replaced").asBoolean()).isTrue();

            assertThat(world.snapshot()).contains("rule LowCacheHitRate 86400");
        }
    }

    @Test
    void a_signal_does_it_too() throws Exception {
        Path directory = directory();
        old(directory, OLD);
        PrometheusServer prometheus = new PrometheusServer(rulesIn(directory));
        try (StepWorld world = home(directory, prometheus)) {
            List<String> before = world.snapshot();
            assertFails(world, "reload-forbidden", "--web.enable-lifecycle");
            world.undo();
            assertThat(world.snapshot()).isEqualTo(before);
            world.resource("process", "{kind: 'process', command: ['prometheus'], directory: 'home', identify:"
                    + " {listens-on: 'metrics', command-contains: 'prometheus'}}");

            world.round(2).spec("{" + SPEC + ", signal: 'process'}").run();
            assertThat(world.snapshot()).contains("rule HighMemoryUsage 3900").doesNotContain("rule Old 0");

            world.undo();
            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    @Test
    void wrong_rules_are_refused_with_their_line_before_anything_is_changed() throws Exception {
        try (StepWorld world = home(directory(), OLD)) {
            Files.writeString(world.directory().resolve("home/alerts.yml"),
                    ALERTS.replace("cache_hit_rate < 0.6", "sum("));
            List<String> before = world.snapshot();

            for (Runnable attempt : List.<Runnable>of(world::preview, world::run)) {
                assertThatThrownBy(attempt::run).isInstanceOfSatisfying(StepFailure.class,
                        failure -> assertThat(failure.code()).isEqualTo("rules-invalid"))
                        .hasMessageContaining("home:alerts.yml")
                        .hasMessageContaining("\"LowCacheHitRate\": could not parse expression");
            }

            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    @Test
    void what_prometheus_itself_refuses_is_taken_back_at_once() throws Exception {
        try (StepWorld world = home(directory(), OLD)) {
            // promtool sees one file only; a broken neighbour keeps Prometheus from loading any.
            Path neighbour = world.directory().resolve("rules/broken.yml");
            Files.writeString(neighbour, "groups: [{name: x, rules: [{alert: y, expr: 'sum('}]}]");

            assertFails(world, "rules-refused", "the file is as it was before");

            assertThat(world.directory().resolve("rules/ocr.yml")).hasContent(OLD);
        }
    }

    @Test
    void a_place_that_prometheus_does_not_read_is_named() throws Exception {
        try (StepWorld world = home(directory(), "")) {
            world.spec("{prometheus: 'metrics', from: 'home:alerts.yml', to: 'home:elsewhere.yml', within: '1s'}");

            assertFails(world, "rules-not-seen",
                    "see whether rule_files of its configuration names home:elsewhere.yml");
        }
    }

    @Test
    void undo_puts_the_file_back_also_where_prometheus_is_gone() throws Exception {
        Path directory = directory();
        old(directory, OLD);
        PrometheusServer prometheus = new PrometheusServer(rulesIn(directory), "--web.enable-lifecycle");
        try (StepWorld world = home(directory, prometheus)) {
            world.run();
            prometheus.close();

            world.undo();

            assertThat(world.directory().resolve("rules/ocr.yml")).hasContent(OLD);
        }
    }

    @Test
    void the_preview_has_a_diff() throws Exception {
        try (StepWorld world = home(directory(), OLD)) {
            assertThat(world.preview().changes()).contains(
                    "give metrics 2 alerts and 1 recording rules in rules:ocr.yml",
                    "-groups: [{name: old, rules: [{alert: Old, expr: up == 0}]}]", "+- name: ocr_alerts");
        }
    }

    private static void assertFails(StepWorld world, String code, String message) {
        assertThatThrownBy(world::run).isInstanceOfSatisfying(StepFailure.class, failure -> {
            assertThat(failure.code()).isEqualTo(code);
            assertThat(failure).hasMessageContaining(message);
        });
    }

    private Path directory() throws Exception {
        return Files.createDirectory(temporary.resolve("world"));
    }

    private static String rulesIn(Path directory) {
        return "rule_files: ['" + directory.resolve("rules") + "/*.yml']\n";
    }

    private static StepWorld home(Path directory, String old) throws Exception {
        old(directory, old);
        return home(directory, new PrometheusServer(rulesIn(directory), "--web.enable-lifecycle"));
    }

    private static void old(Path directory, String content) throws Exception {
        Path rules = Files.createDirectories(directory.resolve("rules"));
        if (!content.isEmpty()) {
            Files.writeString(rules.resolve("ocr.yml"), content);
        }
    }

    private static StepWorld home(Path directory, PrometheusServer prometheus) throws Exception {
        Path home = Files.createDirectories(directory.resolve("home"));
        Files.writeString(home.resolve("alerts.yml"), ALERTS);
        StepWorld world = new StepWorld(directory, "monitor.rules").directory("home", home)
                .directory("rules", directory.resolve("rules"));
        return prometheus.in(world).spec("{" + SPEC + "}").counting(() -> rules(prometheus)).closing(prometheus);
    }

    private static List<String> rules(PrometheusServer prometheus) throws Exception {
        List<String> lines = new ArrayList<>();
        JsonNode answer = Json.read(prometheus.get("/api/v1/rules"), JsonNode.class);
        for (JsonNode group : answer.path("data").path("groups")) {
            group.path("rules")
                    .forEach(rule -> lines.add("rule " + rule.path("name").asText() + " "
                            + rule.path("duration").asLong()));
        }
        return lines;
    }
}
