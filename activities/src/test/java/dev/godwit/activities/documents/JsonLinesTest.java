package dev.godwit.activities.documents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents that are lines of a file. */
class JsonLinesTest {
    private static final String INCLUDE = "include: ['*.jsonl', '*.ndjson', '*.gz']";

    @TempDir
    private Path directory;

    private Path from;

    @BeforeEach
    void source() throws Exception {
        from = Files.createDirectory(directory.resolve("from"));
    }

    private StepWorld world(String uses) throws IOException {
        return new StepWorld(directory, uses).directory("from", from).directory("home", directory);
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private static String lines(int count) {
        StringBuilder lines = new StringBuilder();
        for (int i = 1; i <= count; i++) {
            lines.append("{\"n\": ")
                    .append(i)
                    .append(", \"text\": \"")
                    .append(Integer.toHexString(i * 0x9e3779b9))
                    .append("\"}\n");
        }
        return lines.toString();
    }

    private List<String> places(Place after) {
        List<String> places = new ArrayList<>();
        Iterator<DocumentFile> files = new DocumentFiles("test", from, List.of("*.json", "*.jsonl", "*.gz"), List.of())
                .after(after);
        files.forEachRemaining(file -> places.add(file.place().toString()));
        return places;
    }

    @Test
    void lines_are_documents_wherever_they_are_gone_on_with() throws Exception {
        Files.writeString(from.resolve("a.json"), "{}");
        Files.writeString(from.resolve("b.jsonl"), "{}\n\n{}\r\n  \n{}");
        Files.write(from.resolve("c.ndjson.gz"), gzip("{}\n{}\n"));
        List<String> all = List.of("a.json", "b.jsonl:1", "b.jsonl:3", "b.jsonl:5", "c.ndjson.gz:1", "c.ndjson.gz:2");

        assertThat(places(Place.START)).isEqualTo(all);
        for (int i = 0; i < all.size(); i++) {
            String[] place = all.get(i).split(":");
            assertThat(places(new Place(place[0], place.length > 1 ? Long.parseLong(place[1]) : 0)))
                    .isEqualTo(all.subList(i + 1, all.size()));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 65_535, 65_536, 65_537, 200_000})
    void a_line_may_have_any_length(int length) throws Exception {
        String text = "x".repeat(length);
        Files.writeString(from.resolve("a.jsonl"), "{\"t\": \"" + text + "\"}\n{\"t\": 2}\n");

        world("copy.documents").spec("{from: 'from', to: 'home:to', " + INCLUDE + ", indent: 0}").run();

        assertThat(directory.resolve("to/a.jsonl/1.json")).hasContent("{\"t\":\"" + text + "\"}\n");
        assertThat(directory.resolve("to/a.jsonl/2.json")).hasContent("{\"t\":2}\n");
    }

    @Test
    void the_mapping_sees_the_line_and_may_name_the_document_by_what_is_in_it() throws Exception {
        Files.write(from.resolve("a.jsonl.gz"), gzip("{\"id\": \"x\"}\n{\"id\": \"y\"}\n"));

        world("copy.documents")
                .spec("{from: 'from', to: 'home:to', " + INCLUDE
                        + ", indent: 0, document: '{$file, $line}', name: '.id + \".json\"'}")
                .run();

        assertThat(directory.resolve("to/y.json")).hasContent("{\"file\":\"a.jsonl.gz\",\"line\":2}\n");
    }

    @Test
    void a_bad_line_is_named_with_its_number() throws Exception {
        Files.writeString(from.resolve("a.jsonl"), "{}\n\n{\"a\": }\n{}\n");

        assertThatThrownBy(world("load.documents")
                .resource("db", "{kind: 'sqlite', path: '" + directory.resolve("x.db") + "'}")
                .spec("{from: 'from', to: 'db:t', " + INCLUDE + ", rows: '{a}', columns: {a: 'text'}}")::run)
                .isInstanceOf(StepFailure.class)
                .hasMessageContaining("a.jsonl:3:7");
    }

    @Test
    void a_truncated_file_is_named_with_the_line_and_what_is_cut_off_is_no_document() throws Exception {
        byte[] whole = gzip(lines(5000));
        Files.write(from.resolve("a.jsonl.gz"), Arrays.copyOf(whole, whole.length / 2));

        JsonNode output = world("check.documents").spec("{from: 'from', " + INCLUDE + ", corrupt: 'report'}")
                .run()
                .output();

        assertThat(output.get("corrupt").asInt()).isEqualTo(1);
        JsonNode corrupt = output.get("corrupt_files").get(0);
        assertThat(corrupt.get("line").asLong()).isEqualTo(output.get("documents").asLong() + 1).isGreaterThan(1000);
        assertThat(corrupt.get("reason").asText()).contains("truncated");
    }

    @Test
    void a_compressed_file_that_lacks_only_its_checksum_is_truncated() throws Exception {
        byte[] whole = gzip("{}\n");
        Files.write(from.resolve("a.jsonl.gz"), Arrays.copyOf(whole, whole.length - 1));

        assertThatThrownBy(world("check.documents").spec("{from: 'from', " + INCLUDE + "}")::run)
                .hasMessageContaining("a.jsonl.gz:2 ")
                .hasMessageContaining("truncated");
    }

    @Test
    void a_flipped_bit_in_a_compressed_file_is_noticed() throws Exception {
        byte[] bytes = gzip(lines(100));
        bytes[bytes.length - 6] ^= 1; // of its checksum
        Files.write(from.resolve("a.jsonl.gz"), bytes);

        assertThatThrownBy(world("check.documents").spec("{from: 'from', " + INCLUDE + "}")::run)
                .hasMessageContaining("a.jsonl.gz:101 ");
    }

    @Test
    void several_compressed_parts_are_read_and_what_is_behind_them_is_not_passed_over() throws Exception {
        ByteArrayOutputStream parts = new ByteArrayOutputStream();
        parts.write(gzip("{}\n"));
        parts.write(gzip("{}\n{}\n"));
        Files.write(from.resolve("a.jsonl.gz"), parts.toByteArray());
        StepWorld world = world("check.documents").spec("{from: 'from', " + INCLUDE + "}");
        assertThat(world.preview().output().orElseThrow().get("documents").asInt()).isEqualTo(3);

        parts.write("{\"not\": \"compressed\"}\n".getBytes(StandardCharsets.UTF_8));
        Files.write(from.resolve("a.jsonl.gz"), parts.toByteArray());

        assertThatThrownBy(world::preview).hasMessageContaining("a.jsonl.gz:4 ")
                .hasMessageContaining("something else");
    }

    @Test
    void bad_lines_and_truncated_files_are_quarantined_with_their_reasons() throws Exception {
        byte[] whole = gzip(lines(50));
        byte[] truncated = Arrays.copyOf(whole, whole.length - 20);
        Files.writeString(from.resolve("a.jsonl"), "{\"n\": 1}\n[2]\n{\"n\": 3}\n");
        Files.write(from.resolve("b.jsonl.gz"), truncated);

        JsonNode output = world("copy.documents")
                .spec("{from: 'from', to: 'home:to', " + INCLUDE
                        + ", batch: 1, corrupt: 'quarantine', quarantine: 'home:bad'}")
                .run()
                .output();

        assertThat(output.get("quarantined").asInt()).isEqualTo(2);
        Path bad = directory.resolve("bad");
        assertThat(bad.resolve("a.jsonl:2")).hasContent("[2]");
        assertThat(bad.resolve("a.jsonl:2.reason.json")).content().contains("an array where an object is expected");
        assertThat(bad.resolve("b.jsonl.gz")).hasBinaryContent(truncated);
        assertThat(directory.resolve("to/a.jsonl/3.json")).exists();
        try (var left = Files.list(bad)) {
            assertThat(left).hasSize(4);
        }
    }

    @Test
    void what_is_passed_over_is_all_in_the_evidence() throws Exception {
        Files.writeString(from.resolve("a.jsonl"), "[]\n".repeat(30));
        StepWorld world = world("copy.documents")
                .spec("{from: 'from', to: 'home:to', " + INCLUDE + ", batch: 7, corrupt: 'report'}");

        JsonNode output = world.run().output();

        assertThat(output.get("corrupt").asInt()).isEqualTo(30);
        assertThat(output.get("quarantined").asInt()).isZero();
        try (var files = Files.walk(world.state().root())) {
            Path evidence = files.filter(file -> file.endsWith("corrupt.jsonl")).findFirst().orElseThrow();
            assertThat(evidence).content().hasLineCount(30);
        }
    }
}
