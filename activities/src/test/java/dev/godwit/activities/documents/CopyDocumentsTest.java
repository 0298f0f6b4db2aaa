package dev.godwit.activities.documents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.host.TreeSnapshot;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Row A4. */
class CopyDocumentsTest {
    @TempDir
    private Path directory;

    private Path from;
    private Path to;
    private StepWorld world;

    @BeforeEach
    void home() throws Exception {
        Path home = Files.createDirectories(directory.resolve("home"));
        from = Files.createDirectory(home.resolve("v1"));
        to = home.resolve("v2");
        world = new StepWorld(home, "copy.documents").directory("home", home);
    }

    private static void sessions(Path directory, int count) throws Exception {
        Files.createDirectories(directory);
        for (int i = 0; i < count; i++) {
            Files.writeString(directory.resolve("s" + i + ".json"), "{\"n\": " + i + "}");
        }
    }

    @Nested
    class Into_a_new_directory extends StepContract {
        @Override
        protected StepWorld world(Path place) throws Exception {
            sessions(place.resolve("v1"), 5);
            Databases.corrupt(place.resolve("v1/s2x.json"));
            return new StepWorld(place, "copy.documents").directory("home", place)
                    .spec("{from: 'home:v1', to: 'home:new/v2', document: '. + {started: $run.started}', batch: 2,"
                            + " name: '\"moved/\" + $file', corrupt: 'quarantine', quarantine: 'home:quarantine'}");
        }
    }

    @Nested
    class From_lines extends StepContract {
        @Override
        protected StepWorld world(Path place) throws Exception {
            Path source = Files.createDirectory(place.resolve("v1"));
            sessions(source, 1);
            Files.writeString(source.resolve("a.jsonl"), "{\"n\":1}\n{\"n\":2}\nno\n{\"n\":3}\n");
            Databases.old(source.resolve("a.jsonl"));
            return new StepWorld(place, "copy.documents").directory("home", place)
                    .spec("{from: 'home:v1', include: ['*.json', '*.jsonl'], to: 'home:v2', batch: 2,"
                            + " corrupt: 'report'}");
        }
    }

    @Nested
    class As_a_second_pass extends StepContract {
        @Override
        protected StepWorld world(Path place) throws Exception {
            sessions(place.resolve("v1"), 4);
            Path target = Files.createDirectory(place.resolve("v2"));
            Files.writeString(target.resolve("s0.json"), "{\"n\":0}\n");
            Files.writeString(target.resolve("s1.json"), "old");
            Files.writeString(target.resolve("of_others.json"), "{}");
            return new StepWorld(place, "copy.documents").directory("home", place)
                    .spec("{from: 'home:v1', to: 'home:v2', indent: 0, batch: 2, existing: 'update'}");
        }
    }

    @Test
    void documents_are_mapped_and_written_as_python_would_indent_them() throws Exception {
        Files.writeString(from.resolve("s1.json"),
                "{\"session_id\":\"x\",\"detections\":[{\"plate\":\"Ж1\"}],\"empty\":[]}");
        world.spec("{from: 'home:v1', to: 'home:v2',"
                + " document: '{id: .session_id, file: $file, run: $run.id, detections: [.detections[] | . + {v: 2}], empty}'}");

        world.run();

        assertThat(to.resolve("s1.json")).hasContent("""
                {
                  "id": "x",
                  "file": "s1.json",
                  "run": "%s",
                  "detections": [
                    {
                      "plate": "Ж1",
                      "v": 2
                    }
                  ],
                  "empty": []
                }
                """.formatted(world.task().identity().runId()));
    }

    @Test
    void numbers_and_characters_are_kept_exactly() throws Exception {
        String content = "{\"a\":9007199254740993,\"b\":18446744073709551617,\"c\":0.1000,\"d\":1E+400,"
                + "\"e\":-12345678901234567890.123456789012345678901,\"f\":\"\\u0000 😀 é e\u0301 \\\" \\\\\"}";
        Files.writeString(from.resolve("s1.json"), content);
        world.spec("{from: 'home:v1', to: 'home:v2', indent: 0, document: '. + {}'}");

        world.run();

        assertThat(to.resolve("s1.json")).hasContent(content + "\n");
    }

    @Test
    void half_a_character_is_kept_as_an_escape() throws Exception {
        Files.writeString(from.resolve("s1.json"), "{\"a\":\"\\ud83d\"}");
        world.spec("{from: 'home:v1', to: 'home:v2', indent: 0}");

        world.run();

        assertThat(Files.readString(to.resolve("s1.json"))).isEqualTo("{\"a\":\"\\uD83D\"}\n");
    }

    @Test
    void the_output_counts_and_the_preview_predicts_it() throws Exception {
        sessions(from, 4);
        Files.createDirectory(to);
        Files.writeString(to.resolve("s0.json"), "{\"n\":0}\n");
        Files.writeString(to.resolve("s1.json"), "old");
        world.spec("{from: 'home:v1', to: 'home:v2', indent: 0, batch: 3, existing: 'update'}");

        JsonNode predicted = world.preview().output().orElseThrow();
        assertThat(world.preview().changes()).anyMatch(line -> line.contains("write 2 documents to home:v2"));
        JsonNode output = world.run().output();

        assertThat(output.toString()).isEqualTo(
                "{\"documents\":4,\"written\":2,\"unchanged\":1,\"replaced\":1,\"corrupt\":0,\"quarantined\":0,\"bytes\":32}");
        assertThat(predicted).isEqualTo(output);
        assertThat(to.resolve("s1.json")).hasContent("{\"n\":1}\n");
    }

    @Test
    void documents_in_directories_keep_their_paths() throws Exception {
        sessions(from.resolve("2026/01"), 2);
        sessions(from, 1);
        world.spec("{from: 'home:v1', to: 'home:v2', include: ['**/*.json'], exclude: ['**/s1.json'], batch: 1}");

        world.run();

        assertThat(to.resolve("2026/01/s0.json")).exists();
        assertThat(to.resolve("s0.json")).exists();
        assertThat(to.resolve("2026/01/s1.json")).doesNotExist();
    }

    @Test
    void a_file_of_others_is_refused_by_name_and_nothing_is_left() throws Exception {
        sessions(from, 3);
        Files.createDirectory(to);
        Files.writeString(to.resolve("s2.json"), "of others");
        world.spec("{from: 'home:v1', to: 'home:v2'}");
        List<String> before = world.snapshot();

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining("v2/s2.json exists");
        world.undo();

        assertThat(world.snapshot()).isEqualTo(before);
    }

    @Test
    void two_documents_with_one_name_are_both_named_also_across_batches() throws Exception {
        Files.writeString(from.resolve("a.json"), "{\"id\": \"same\"}");
        Files.writeString(from.resolve("b.json"), "{\"id\": \"other\"}");
        Files.writeString(from.resolve("c.json"), "{\"id\": \"same\"}");
        world.spec("{from: 'home:v1', to: 'home:v2', name: '.id + \".json\"', batch: 1, existing: 'update'}");

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                .hasMessageContaining("both a.json and c.json would become same.json");
        assertThatThrownBy(world::preview).hasMessageContaining("both a.json and c.json would become same.json");
    }

    @Test
    void a_name_outside_the_target_is_refused() throws Exception {
        Files.writeString(from.resolve("a.json"), "{\"id\": \"../../x\"}");
        world.spec("{from: 'home:v1', to: 'home:v2', name: '.id'}");

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                .hasMessageContaining("a.json")
                .hasMessageContaining("../../x");
    }

    @Test
    void a_corrupt_document_stops_the_copy_and_undo_leaves_nothing() throws Exception {
        sessions(from, 3);
        Files.writeString(from.resolve("s1.json"), "{\"n\": ");
        world.spec("{from: 'home:v1', to: 'home:v2', batch: 1}");
        List<String> before = world.snapshot();

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                .hasMessageContaining("s1.json:1:")
                .hasMessageContaining("truncated");
        world.undo();

        assertThat(world.snapshot()).isEqualTo(before);
    }

    @Test
    void corrupt_documents_are_quarantined_with_the_reason_and_the_source_is_not_changed() throws Exception {
        sessions(from, 2);
        Files.writeString(from.resolve("bad.json"), "[1]");
        Files.createSymbolicLink(from.resolve("link.json"), Path.of("nowhere"));
        List<String> source = TreeSnapshot.of(from, true);
        world.spec("{from: 'home:v1', to: 'home:v2', corrupt: 'quarantine', quarantine: 'home:bad'}");

        JsonNode output = world.run().output();

        assertThat(output.get("documents").asInt()).isEqualTo(2);
        assertThat(output.get("quarantined").asInt()).isEqualTo(2);
        Path bad = directory.resolve("home/bad");
        assertThat(bad.resolve("bad.json")).hasContent("[1]");
        assertThat(bad.resolve("bad.json.reason.json")).content().contains("an array where an object is expected");
        assertThat(bad.resolve("link.json.reason.json")).content().contains("a link to nothing");
        assertThat(TreeSnapshot.of(from, true)).isEqualTo(source);
    }

    @Test
    void a_mapping_that_fails_names_the_document() throws Exception {
        Files.writeString(from.resolve("s1.json"), "{\"n\": {}}");
        world.spec("{from: 'home:v1', to: 'home:v2', document: '{n: (.n | tonumber)}'}");

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                .hasMessageContaining("s1.json")
                .hasMessageContaining("tonumber");
    }

    @Test
    void an_empty_source_gives_an_empty_target_and_a_missing_one_is_named() throws Exception {
        world.spec("{from: 'home:v1', to: 'home:v2'}");
        assertThat(world.run().output().get("documents").asInt()).isZero();

        StepWorld other = new StepWorld(directory.resolve("home"), "copy.documents")
                .directory("home", directory.resolve("home"))
                .spec("{from: 'home:nowhere', to: 'home:v3'}")
                .round(2);
        assertThatThrownBy(other::run).isInstanceOf(StepFailure.class).hasMessageContaining("nowhere");
        assertThat(directory.resolve("home/v3")).doesNotExist();
    }

    @Test
    void a_target_among_its_own_sources_is_refused() throws Exception {
        sessions(from, 1);
        world.spec("{from: 'home:v1', to: 'home:v1/new', include: ['**/*.json']}");

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining("home:v1/new");
    }

    @Test
    void documents_that_come_later_are_caught_by_a_second_pass() throws Exception {
        sessions(from, 2);
        world.spec("{from: 'home:v1', to: 'home:v2'}").run();
        sessions(from, 4);
        Files.writeString(from.resolve("s0.json"), "{\"n\": 100}");

        JsonNode second = new StepWorld(directory.resolve("home"), "copy.documents")
                .directory("home", directory.resolve("home"))
                .round(2)
                .spec("{from: 'home:v1', to: 'home:v2', existing: 'update'}")
                .run()
                .output();

        assertThat(second.get("written").asInt()).isEqualTo(2);
        assertThat(second.get("replaced").asInt()).isEqualTo(1);
        assertThat(second.get("unchanged").asInt()).isEqualTo(1);
    }

    @Test
    void in_a_dry_run_what_an_earlier_step_would_make_is_known_after_it() {
        world.spec("{from: 'home:v1', to: 'home:v2'}").madeBy("home:v1", "organize");

        assertThat(world.preview().unknown()).contains("known after organize");
    }
}
