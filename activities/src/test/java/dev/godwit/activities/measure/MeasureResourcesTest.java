package dev.godwit.activities.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.resource.Answering;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeasureResourcesTest {
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return busy(directory).spec("{process: 'program', directory: 'home', over: '1ms'}");
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("cpu_percent", "rss_bytes");
        }
    }

    @TempDir
    private Path temporary;

    @Test
    void processor_memory_and_disk_are_those_of_the_process_and_the_directory() throws Exception {
        try (StepWorld world = busy(Files.createDirectory(temporary.resolve("world")))) {
            AtomicBoolean enough = new AtomicBoolean();
            Thread busy = Thread.ofPlatform().start(() -> {
                while (!enough.get()) {
                    Thread.onSpinWait();
                }
            });
            JsonNode output = world.spec("{process: 'program', directory: 'home', over: '500ms'}").run().output();
            enough.set(true);
            busy.join();

            assertThat(output.get("cpu_percent").asDouble()).isPositive();
            assertThat(output.get("rss_bytes").asLong()).isGreaterThan(10_000_000);
            assertThat(output.get("files").asInt()).isEqualTo(2);
            assertThat(output.get("disk_bytes").asLong()).isEqualTo(300);
        }
    }

    @Test
    void a_process_that_does_not_run_cannot_be_measured() throws Exception {
        try (StepWorld world = busy(Files.createDirectory(temporary.resolve("world")))) {
            world.resource("port", "{kind: 'http', url: 'http://127.0.0.1:1'}");

            assertThatThrownBy(world::run).hasMessageContaining("program does not run; start it first");
        }
    }

    /** The process is this very JVM; the port by which it is found belongs to it. */
    private static StepWorld busy(Path directory) throws Exception {
        Files.writeString(directory.resolve("one"), "x".repeat(100));
        Files.writeString(Files.createDirectory(directory.resolve("below")).resolve("two"), "x".repeat(200));
        StepWorld world = new StepWorld(directory, "measure.resources")
                .spec("{process: 'program', directory: 'home'}")
                .directory("home", directory)
                .resource("program", "{kind: 'process', command: ['java'], directory: 'home',"
                        + " identify: {listens-on: 'port'}}");
        new Answering(world, "port");
        return world;
    }
}
