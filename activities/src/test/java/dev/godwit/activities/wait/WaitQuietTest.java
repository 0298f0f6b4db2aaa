package dev.godwit.activities.wait;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WaitQuietTest {
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return WaitQuietTest.world(directory).spec("{directory: 'home', quiet: '15ms'}");
        }
    }

    @TempDir
    private Path temporary;

    @Test
    void it_waits_until_the_writer_has_stopped_and_not_longer_than_that() throws Exception {
        try (StepWorld world = world(Files.createDirectory(temporary.resolve("world")))) {
            AtomicLong lastWrite = new AtomicLong();
            Thread writer = Thread.ofVirtual().start(() -> write(world.directory(), 30, lastWrite));

            int files = world.spec("{directory: 'home', quiet: '400ms', within: '60s'}")
                    .run()
                    .output()
                    .get("files")
                    .asInt();

            assertThat(writer.isAlive()).isFalse();
            assertThat(files).isEqualTo(31);
            assertThat(System.nanoTime() - lastWrite.get()).isGreaterThan(390_000_000L);
        }
    }

    @Test
    void a_directory_that_never_gets_quiet_fails_the_step() throws Exception {
        try (StepWorld world = world(Files.createDirectory(temporary.resolve("world")))) {
            AtomicBoolean enough = new AtomicBoolean();
            Thread writer = Thread.ofVirtual().start(() -> {
                while (!enough.get()) {
                    write(world.directory(), 1, new AtomicLong());
                }
            });

            assertThatThrownBy(() -> world.spec("{directory: 'home', quiet: '10s', within: '100ms'}").run())
                    .hasMessageContaining("home still changes after 100ms (last change 2");

            enough.set(true);
            writer.join();
        }
    }

    private static void write(Path directory, int files, AtomicLong lastWrite) {
        try {
            for (int i = 0; i < files; i++) {
                Files.writeString(directory.resolve("file-" + i), "x");
                lastWrite.set(System.nanoTime());
                Thread.sleep(10);
            }
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static StepWorld world(Path directory) throws Exception {
        Files.writeString(directory.resolve("first"), "x");
        return new StepWorld(directory, "wait.quiet").directory("home", directory);
    }
}
