package dev.godwit.activities.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckDiskTest {
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) {
            return CheckDiskTest.world(directory, "free: '1kB', free-percent: 0, free-inodes: 1");
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("free_bytes", "free_percent", "free_inodes", "free_inodes_percent");
        }
    }

    @TempDir
    private Path temporary;

    @Test
    void a_disk_with_room_tells_how_much() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"), "free: '1 MiB', free-percent: 0.001, free-inodes: 10,"
                + " free-inodes-percent: 0")) {
            JsonNode seen = world.run().output();

            long total = Files.getFileStore(temporary).getTotalSpace();
            assertThat(seen.get("total_bytes").asLong()).isEqualTo(total);
            assertThat(seen.get("free_bytes").asLong()).isBetween(1L << 20, total);
            assertThat(seen.get("free_percent").asDouble()).isBetween(0.0, 100.0);
        }
    }

    @Test
    void all_that_is_short_is_named_at_once() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"), "free: '900PiB', free-percent: 100").attempts(2)) {
            for (ThrowingCallable attempt : List.<ThrowingCallable>of(world::preview, world::run)) {
                assertThatThrownBy(attempt).hasMessageContaining("are free, and 900PiB are wanted; ")
                        .hasMessageContaining(" % of it are free, and 100.0 % are wanted; free some")
                        .extracting("retryable")
                        .isEqualTo(true);
            }
        }
    }

    @Test
    void a_directory_that_is_yet_to_be_made_has_the_disk_of_the_one_above() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("w"), "check.disk")
                .directory("home", temporary.resolve("not/yet"))
                .spec("{in: 'home:there'}")) {
            assertThat(world.run().output().get("total_bytes").asLong()).isPositive();
        }
    }

    @ParameterizedTest
    @CsvSource({"0B, 0", "10B, 10", "1kB, 1000", "1KB, 1000", "1KiB, 1024", "1.5 GiB, 1610612736",
            "2TB, 2000000000000"})
    void amounts_of_data_are_read(String text, long bytes) {
        assertThat(ByteSize.parse(text).bytes()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource({"10", "GB", "-1GB", "1iB", "1gb", "1 G"})
    void what_is_no_amount_of_data_is_refused(String text) {
        assertThatThrownBy(() -> ByteSize.parse(text))
                .hasMessage("'" + text + "' is no amount of data; write one like 10GiB or 500MB");
    }

    private static StepWorld world(Path directory, String spec) {
        return new StepWorld(directory, "check.disk").directory("home", directory)
                .spec("{in: 'home', " + spec + "}");
    }
}
