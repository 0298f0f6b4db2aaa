package dev.godwit.activities.documents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Row A1. */
class CheckDocumentsTest extends StepContract {
    private static final String REPORT = "{from: 'home:sessions', items: '.detections', corrupt: 'report'}";

    @TempDir
    private Path directory;

    private Path sessions;
    private StepWorld world;

    @Override
    protected StepWorld world(Path place) throws Exception {
        Path documents = Files.createDirectory(place.resolve("sessions"));
        Files.writeString(documents.resolve("a.json"), "{\"detections\": [1, 2]}");
        Databases.corrupt(documents.resolve("b.json"));
        return new StepWorld(place, "check.documents").directory("home", place).spec(REPORT);
    }

    @BeforeEach
    void home() throws Exception {
        sessions = Files.createDirectories(directory.resolve("home/sessions"));
        world = new StepWorld(directory.resolve("home"), "check.documents").directory("home", directory.resolve("home"))
                .spec(REPORT);
    }

    @Test
    void documents_and_their_items_are_counted_and_a_sample_shown() throws Exception {
        Files.writeString(sessions.resolve("s2.json"), "{\"detections\": [{}]}");
        Files.writeString(sessions.resolve("s1.json"), "{\"detections\": [{\"plate\": \"Ж123ÄÖ😀\"}, {}]}");
        Files.writeString(sessions.resolve("s3.json"), "{\"session_id\": \"none yet\"}");
        Files.writeString(sessions.resolve("notes.txt"), "no document");

        JsonNode output = world.run().output();

        assertThat(output.get("documents").asInt()).isEqualTo(3);
        assertThat(output.get("items").asInt()).isEqualTo(3);
        assertThat(output.get("corrupt").asInt()).isZero();
        assertThat(output.get("sample").toString()).isEqualTo("{\"file\":\"s1.json\",\"items\":2}");
        assertThat(output.get("bytes").asLong()).isEqualTo(Files.size(sessions.resolve("s1.json"))
                + Files.size(sessions.resolve("s2.json")) + Files.size(sessions.resolve("s3.json")));
        assertThat(world.preview().output()).contains(output);
    }

    @Test
    void an_empty_directory_holds_no_documents() {
        assertThat(world.run().output().get("documents").asInt()).isZero();
    }

    @Test
    void a_missing_directory_is_named() {
        world.spec("{from: 'home:nowhere'}");

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                .hasMessageContaining("nowhere")
                .hasMessageContaining("does not exist");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', value = {
            "{\"a\": [1, 2~ 1 ~ 13 ~ truncated",
            "[{\"a\": 1}]~ 1 ~ 1 ~ an array where an object is expected",
            "{\"a\": 1,\\n \"a\": 2}~ 2 ~ 5 ~ duplicate key 'a'",
            "{\"a\": NaN}~ 1 ~ 10 ~ NaN",
            "{\"a\": 1} {}~ 1 ~ 10 ~ trailing",
            "``~ 0 ~ 0 ~ it is empty"})
    void a_corrupt_document_is_named_with_its_place_and_reason(String content, int line, int column, String reason)
            throws Exception {
        Files.writeString(sessions.resolve("bad.json"), content.replace("\\n", "\n"));

        JsonNode file = world.run().output().get("corrupt_files").get(0);

        assertThat(file.get("file").textValue()).isEqualTo("bad.json");
        assertThat(file.get("reason").textValue()).containsIgnoringCase(reason);
        assertThat(file.get("line").intValue()).isEqualTo(line);
        assertThat(file.get("column").intValue()).isBetween(column - 1, column + 1);
    }

    @Test
    void what_is_not_utf_8_is_named_with_its_place() throws Exception {
        Files.write(sessions.resolve("latin.json"), "{\"a\":\n \"Köln\"}".getBytes(StandardCharsets.ISO_8859_1));

        JsonNode file = world.run().output().get("corrupt_files").get(0);

        assertThat(file.toString()).contains("latin.json", "\"line\":2", "\"column\":4", "0xf6 is not UTF-8");
    }

    @Test
    void what_has_a_document_s_name_and_cannot_be_read_is_named() throws Exception {
        Files.createDirectory(sessions.resolve("directory.json"));
        Files.createSymbolicLink(sessions.resolve("link.json"), Path.of("nowhere"));

        String files = world.run().output().get("corrupt_files").toString();

        assertThat(files).contains("directory.json", "it is a directory", "link.json", "a link to nothing");
    }

    @Test
    void a_document_that_is_being_written_in_place_is_looked_at_again() throws Exception {
        Path file = sessions.resolve("live.json");
        Files.writeString(file, "{");
        DocumentFile listed = new DocumentFile("live.json", file, Document.Look.at(file));
        Document.Look before = Document.Look.at(file);
        assertThat(Document.read(listed, Shape.OBJECT)).isInstanceOf(Document.Corrupt.class);

        Files.writeString(file, "{}");

        assertThat(before.isFollowedByAChange(file)).isTrue();
        assertThat(Document.read(listed, Shape.OBJECT)).isInstanceOf(Document.Sound.class);
    }

    @Test
    void corrupt_documents_stop_the_run_where_the_plan_says_so() throws Exception {
        Files.writeString(sessions.resolve("bad.json"), "{");
        world.spec("{from: 'home:sessions'}");

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                .hasMessageContaining("bad.json:1:2")
                .hasMessageContaining("truncated");
    }

    @Test
    void twenty_corrupt_documents_are_in_the_output_and_all_in_the_evidence() throws Exception {
        for (int i = 0; i < 30; i++) {
            Files.writeString(sessions.resolve("s" + i + ".json"), "{");
        }

        JsonNode output = world.run().output();

        assertThat(output.get("corrupt").asInt()).isEqualTo(30);
        assertThat(output.get("corrupt_files")).hasSize(20);
        try (var evidence = Files.walk(world.state().evidence(world.task().identity().runId()))) {
            Path lines = evidence.filter(path -> path.endsWith("corrupt.jsonl")).findFirst().orElseThrow();
            assertThat(Files.readAllLines(lines)).hasSize(30);
        }
    }
}
