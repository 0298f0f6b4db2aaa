package dev.godwit.activities.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifyFilesTest extends StepContract {
    private static final int LARGE = 3 << 20;

    @TempDir
    private Path temporary;

    @Override
    protected StepWorld world(Path directory) throws Exception {
        StepWorld world = pair(directory);
        Files.writeString(directory.resolve("copy/data/a.json"), "{ }");
        Files.delete(directory.resolve("copy/data/deep/b.json"));
        return world.spec("{expected: 'v1:data', actual: 'copy:data', fail: false}");
    }

    @Test
    void equal_trees_have_no_difference() throws Exception {
        try (StepWorld world = pair(temporary.resolve("w"))) {
            JsonNode output = world.spec("{expected: 'v1:data', actual: 'copy:data',"
                    + " compare: ['content', 'mode', 'modified', 'owner']}").run().output();

            assertThat(output.path("compared").asInt()).isEqualTo(5);
            assertThat(output.path("bytes").asLong()).isEqualTo(LARGE + 4);
            assertThat(output.path("equal").asBoolean()).isTrue();
            assertThat(output.path("examples")).isEmpty();
        }
    }

    @Test
    void exactly_the_planted_differences_are_found_and_named() throws Exception {
        try (StepWorld world = pair(temporary.resolve("w"))) {
            Path copy = world.directory().resolve("copy/data");
            byte[] large = Files.readAllBytes(copy.resolve("large.bin"));
            large[LARGE - 7] ^= 1;
            Files.write(copy.resolve("large.bin"), large);
            Files.delete(copy.resolve("deep/b.json"));
            Files.delete(copy.resolve("latest"));
            Files.createSymbolicLink(copy.resolve("latest"), Path.of("deep/b.json"));
            Files.delete(copy.resolve("empty"));
            Files.writeString(copy.resolve("empty"), "");
            Files.writeString(copy.resolve("deep/new.json"), "{}");
            Files.writeString(copy.resolve("a.json"), "{ }");

            JsonNode output = world.spec("{expected: 'v1:data', actual: 'copy:data', fail: false}").run().output();

            assertThat(lines(output)).containsExactly("different a.json [\"content: 3 bytes instead of 2\"]",
                    "missing deep/b.json []", "different empty [\"a file instead of a directory\"]",
                    "different large.bin [\"content: differs from byte " + (LARGE - 7) + " on\"]",
                    "different latest [\"content: leads to deep/b.json instead of a.json\"]", "extra deep/new.json []");
            assertThat(output.path("missing").asInt()).isEqualTo(1);
            assertThat(output.path("different").asInt()).isEqualTo(4);
            assertThat(output.path("extra").asInt()).isEqualTo(1);
            assertThatThrownBy(world.spec("{expected: 'v1:data', actual: 'copy:data'}")::run)
                    .isInstanceOf(StepFailure.class)
                    .hasMessageContaining(
                            "of 5 files in v1:data, 1 are missing and 4 differ in copy:data, which has 1 more");
            assertThat(world.spec("{expected: 'v1:data', actual: 'copy:data', include: ['deep/new*'], extra: 'report'}")
                    .run()
                    .output()
                    .path("equal")
                    .asBoolean()).isTrue();
        }
    }

    @Test
    void modes_and_times_count_where_they_are_asked_for() throws Exception {
        try (StepWorld world = pair(temporary.resolve("w"))) {
            Path copy = world.directory().resolve("copy/data");
            Files.setPosixFilePermissions(copy.resolve("a.json"), PosixFilePermissions.fromString("rwx------"));
            Files.setLastModifiedTime(copy.resolve("a.json"), FileTime.from(Instant.parse("2025-06-10T08:00:01Z")));

            assertThat(
                    world.spec("{expected: 'v1:data', actual: 'copy:data'}").run().output().path("equal").asBoolean())
                    .isTrue();
            JsonNode output = world.spec("{expected: 'v1:data', actual: 'copy:data', compare: ['mode', 'modified'],"
                    + " fail: false}").run().output();
            assertThat(lines(output)).containsExactly("different a.json [\"mode: rwx------ instead of rw-r--r--\","
                    + "\"modified: 2025-06-10T08:00:01Z instead of 2025-06-10T08:00:00Z\"]");
        }
    }

    @Test
    void a_side_that_is_missing_or_has_a_file_where_a_directory_is_expected() throws Exception {
        try (StepWorld world = pair(temporary.resolve("w"))) {
            assertThatThrownBy(world.spec("{expected: 'v1:data', actual: 'copy:nowhere'}")::run)
                    .isInstanceOf(StepFailure.class)
                    .hasMessageContaining("nowhere");
            Path deep = world.directory().resolve("copy/data/deep");
            Files.delete(deep.resolve("b.json"));
            Files.delete(deep);
            Files.writeString(deep, "a file");
            assertThat(lines(world.spec("{expected: 'v1:data', actual: 'copy:data', fail: false}").run().output()))
                    .containsExactly("missing deep/b.json []");
        }
    }

    private static List<String> lines(JsonNode output) {
        return Stream.iterate(0, i -> i < output.path("examples").size(), i -> i + 1)
                .map(output.path("examples")::get)
                .map(found -> found.path("what").asText() + " " + found.path("path").asText() + " " + found.path("how"))
                .toList();
    }

    /** Two directories with the same files. */
    private static StepWorld pair(Path directory) throws Exception {
        for (String side : List.of("v1", "copy")) {
            Path data = Files.createDirectories(directory.resolve(side).resolve("data"));
            Files.createDirectories(data.resolve("empty"));
            Files.createDirectories(data.resolve("deep"));
            Files.writeString(data.resolve("a.json"), "{}");
            Files.writeString(data.resolve("deep/b.json"), "[]", StandardCharsets.UTF_8);
            byte[] large = new byte[LARGE];
            new Random(1).nextBytes(large);
            Files.write(data.resolve("large.bin"), large);
            for (String file : List.of("a.json", "deep/b.json", "large.bin")) {
                Files.setLastModifiedTime(data.resolve(file), FileTime.from(Instant.parse("2025-06-10T08:00:00Z")));
                Files.setPosixFilePermissions(data.resolve(file), PosixFilePermissions.fromString("rw-r--r--"));
            }
            Files.createSymbolicLink(data.resolve("latest"), Path.of("a.json"));
        }
        return new StepWorld(directory, "verify.files").directory("v1", directory.resolve("v1"))
                .directory("copy", directory.resolve("copy"));
    }
}
