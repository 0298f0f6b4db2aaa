package dev.godwit.activities.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.activities.host.LiveHeap;
import dev.godwit.activities.host.StepWorld;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ten times the files take no more memory. */
@Isolated("the live heap of the process is measured")
class BackupMemoryTest {
    private static final int FILES = 1_000;
    private static final int IN_DIRECTORY = 100;
    /** So that even the smaller archive has more frames than are held at a time. */
    private static final String FILLS_FRAMES = " ".repeat(30_000);
    private static final double MOST = 1.2;
    /**
     * What one measurement differs from the next by itself: by how full the buffers are at that moment. An entry of an
     * inventory takes about 500 bytes, so that to keep them all would take 4.5 MB more.
     */
    private static final long NOISE = 4 << 20;

    @TempDir
    private Path temporary;

    @ParameterizedTest
    @ValueSource(strings = {"form: 'tree'", "form: 'archive'", "incremental: 'by-content'"})
    void memory_stays_flat(String fields) throws Exception {
        peak("warm", FILES, fields); // Classes and caches come with the first one.

        // What earlier tests have left and is freed meanwhile makes a figure too small.
        long one = Math.max(peak("one", FILES, fields), peak("another", FILES, fields));
        long ten = peak("ten", 10 * FILES, fields);

        assertThat(ten).as("%d bytes with %d files", one, FILES).isLessThan((long) (MOST * one) + NOISE);
    }

    /** How much more is alive at most, while files are backed up twice and restored, than before. */
    private long peak(String name, int files, String fields) throws Exception {
        Path directory = temporary.resolve(name);
        for (int i = 0; i < files; i++) {
            Path part = directory.resolve("v1/data/part" + i / IN_DIRECTORY);
            Files.createDirectories(part);
            Files.writeString(part.resolve("session_" + i + ".json"),
                    "{\"number\": " + i + "}" + (fields.contains("archive") ? FILLS_FRAMES : ""));
        }
        StepWorld backup = new StepWorld(directory, "backup.files").directory("v1", directory.resolve("v1"))
                .directory("backups", Backups.of(directory))
                .spec("{from: 'v1', to: 'backups', " + fields + "}");
        StepWorld recovery = BackupFormsTest.recovery(directory);
        try (LiveHeap sampler = new LiveHeap()) {
            backup.run();
            backup.round(2).run();
            if (fields.contains("tree")) {
                recovery.run();
            }
            return sampler.peak();
        }
    }
}
