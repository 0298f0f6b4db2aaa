package dev.godwit.activities.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Row B10. */
@Timeout(300)
class MonitorDashboardsTest {
    private static final String SPEC = "grafana: 'grafana', from: ['home:ocr.json', 'home:redis.json']";
    private static final String OCR = "{\"dashboard\": {\"id\": 7, \"uid\": \"ocr\", \"title\": \"OCR\", \"tags\": [\"ocr\"],"
            + " \"version\": 3, \"panels\": [{\"title\": \"p95\", \"gridPos\": {\"h\": 8.0}}]}, \"overwrite\": true}";
    private static final String REDIS = "{\"title\": \"Redis\", \"schemaVersion\": 36, \"panels\": []}";
    private static final String OLD = "{\"uid\": \"ocr\", \"title\": \"OCR of old\", \"panels\": []}";

    @Nested
    class OfNewOnes extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = home(directory);
            new GrafanaApi(world);
            return world;
        }
    }

    @Nested
    class InThePlaceOfAnOther extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = home(directory);
            new GrafanaApi(world).with(OLD, "services");
            return world.spec("{" + SPEC + ", folder: 'new'}");
        }
    }

    @TempDir
    private Path temporary;

    @Test
    void dashboards_are_made_replaced_or_kept_and_known_by_their_uid() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            GrafanaApi grafana = new GrafanaApi(world).with(OLD, "");

            String redis = world.run().output().path("made").path(0).asText();
            int posts = grafana.posts();
            var second = world.runId("another").run().output();

            assertThat(redis).matches("godwit-[0-9a-f]{16}");
            assertThat(second.toString())
                    .isEqualTo("{\"made\":[],\"replaced\":[],\"kept\":[\"ocr\",\"" + redis + "\"]}");
            assertThat(grafana.posts()).isEqualTo(posts).isEqualTo(2);
            assertThat(grafana.dashboard("ocr").path("title").asText()).isEqualTo("OCR");
            assertThat(grafana.dashboard("ocr").path("version").asInt()).isEqualTo(2);
        }
    }

    @Test
    void undo_sets_aside_what_others_have_made_of_one_since() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            GrafanaApi grafana = new GrafanaApi(world).with(OLD, "services");
            List<String> before = world.snapshot();
            world.run();
            grafana.with(OCR.replaceAll("^.*\"dashboard\": (.*), \"overwrite\".*$", "$1").replace("p95", "by hand"),
                    "");

            var setAside = world.undo().setAside();

            assertThat(setAside).singleElement().satisfies(aside -> {
                assertThat(aside.what()).isEqualTo("the dashboard ocr");
                assertThat(Path.of(aside.where())).content().contains("by hand");
            });
            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    @Test
    void all_faults_of_all_files_are_reported_before_anything_is_sent() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            GrafanaApi grafana = new GrafanaApi(world);
            Files.writeString(world.directory().resolve("home/ocr.json"),
                    "{\"dashboard\": {\"uid\": \"a b\", \"panels\": {}}, \"dashbord\": 1}");
            Files.writeString(world.directory().resolve("home/redis.json"), "{\"title\": \"x\", \"__inputs\": []}");

            for (Runnable attempt : List.<Runnable>of(world::preview, world::run)) {
                assertThatThrownBy(attempt::run).isInstanceOfSatisfying(StepFailure.class,
                        failure -> assertThat(failure.code()).isEqualTo("dashboard-unfit"))
                        .hasMessageContaining(
                                "'dashbord' beside dashboard means nothing; title must be a text, and is missing;"
                                        + " uid must be a text of at most 40")
                        .hasMessageContaining("panels must be a list, and is {}; home:redis.json: it has __inputs");
            }
            assertThat(grafana.posts()).isZero();
        }
    }

    @Test
    void what_grafana_refuses_is_told_in_its_words() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            new GrafanaApi(world);
            assertFails(world.spec("{" + SPEC + ", folder: 'nowhere'}"), "dashboard-refused",
                    "status 400: folder not found (not-found)");
            Files.writeString(world.directory().resolve("home/redis.json"), "{\"title\": \"Provisioned\"}");
            assertFails(world.round(2).spec("{" + SPEC + "}"), "dashboard-refused",
                    "status 412: Cannot save provisioned dashboard (plugin-dashboard)");
            assertFails(world.round(3).secret("GRAFANA", "Basic wrong"), "grafana-forbidden",
                    "status 401: Invalid username or password");
        }
    }

    @Test
    void the_preview_says_which_are_new() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            new GrafanaApi(world).with(OLD, "");

            assertThat(world.preview().changes().getFirst())
                    .isEqualTo("'OCR' (ocr) is there in another version, which is kept");
            assertThat(world.preview().changes().getLast()).startsWith("'Redis' (godwit-").endsWith(") is new");
        }
    }

    @Test
    void a_preview_does_not_need_a_grafana_that_an_earlier_step_starts() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            new GrafanaApi(world).with(OLD, "").close();

            assertThat(world.preview().changes().getFirst()).startsWith("monitor.dashboards: grafana does not answer")
                    .endsWith("unless an earlier step starts it, the run will fail here");
            assertThat(world.preview().changes()).anyMatch(change -> change.endsWith("(ocr) would be imported"));
        }
    }

    private static void assertFails(StepWorld world, String code, String message) {
        assertThatThrownBy(world::run).isInstanceOfSatisfying(StepFailure.class, failure -> {
            assertThat(failure.code()).isEqualTo(code);
            assertThat(failure).hasMessageContaining(message);
        });
    }

    private static StepWorld home(Path directory) throws Exception {
        Path home = Files.createDirectories(directory.resolve("home"));
        Files.writeString(home.resolve("ocr.json"), OCR);
        Files.writeString(home.resolve("redis.json"), REDIS);
        return new StepWorld(directory, "monitor.dashboards").directory("home", home).spec("{" + SPEC + "}");
    }
}
