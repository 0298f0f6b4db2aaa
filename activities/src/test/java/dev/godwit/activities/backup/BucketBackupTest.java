package dev.godwit.activities.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.host.TreeSnapshot;
import dev.godwit.activities.resource.Buckets;
import dev.godwit.activities.resource.ObjectOutput;
import dev.godwit.activities.resource.S3Server;
import dev.godwit.activities.resource.WritableBucket;
import dev.godwit.step.StepFailure;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups in a bucket of a real server. */
class BucketBackupTest {
    private static final int MORE_THAN_ONE_PART = (8 << 20) + 12345;

    @TempDir
    private Path temporary;

    private final S3Server server = S3Server.shared();
    private final String prefix = UUID.randomUUID().toString();

    @Nested
    class Making extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            String own = UUID.randomUUID().toString();
            return server.declare(BackupFilesTest.home(directory), "backups", own).counting(() -> lines(own));
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("seconds", "restore_seconds");
        }

        @Override
        protected int interruptions() {
            return 12; // Each takes some requests.
        }
    }

    @Test
    void a_tree_in_a_bucket_comes_back_as_it_was() throws Exception {
        try (StepWorld backup = home()) {
            Path home = backup.directory().resolve("v1");
            Files.write(home.resolve("data/video.mp4"), noise(MORE_THAN_ONE_PART));
            Files.createSymbolicLink(home.resolve("data/latest"), Path.of("a.json"));
            Files.createLink(home.resolve("data/same.json"), home.resolve("data/b.json"));
            Files.writeString(home.resolve("data/ü ?&+%\"' <x>.json"), "{}");
            List<String> good = TreeSnapshot.of(home.resolve("data"), true);
            backup.run();
            Files.writeString(home.resolve("data/a.json"), "corrupt");

            JsonNode output = recovery(backup).run().output();

            assertThat(TreeSnapshot.of(home.resolve("data"), true)).isEqualTo(good);
            assertThat(output.path("name").textValue()).isEqualTo(BackupFilesTest.NAME);
        }
    }

    @Test
    void a_missing_object_and_a_changed_one_are_named_and_nothing_is_touched() throws Exception {
        try (StepWorld backup = home(); Bucket bucket = new Bucket()) {
            backup.run();
            StepWorld recovery = recovery(backup);
            List<String> before = recovery.snapshot();
            String key = BackupFilesTest.NAME + "/tree/data/a.json";

            bucket.replace(key, "[]");
            assertThatThrownBy(recovery.spec("{from: 'backups', to: 'v1', name: '" + BackupFilesTest.NAME + "'}")::run)
                    .isInstanceOf(StepFailure.class)
                    .hasMessageContaining("data/a.json: its content is not what was backed up");
            bucket.bucket.delete(List.of(key));
            assertThatThrownBy(recovery::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("data/a.json: it is missing");
            bucket.bucket.delete(List.of(BackupFilesTest.NAME + "/inventory.json"));
            assertThatThrownBy(recovery::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("inventory.json: it is missing");

            assertThat(recovery.snapshot()).isEqualTo(before);
        }
    }

    @Test
    void what_has_not_changed_is_not_uploaded_again() throws Exception {
        try (StepWorld backup = home(); Bucket bucket = new Bucket()) {
            String spec = "{from: 'v1', to: 'backups', incremental: 'by-content'}";
            String first = backup.spec(spec).run().output().path("name").textValue();
            Files.writeString(backup.directory().resolve("v1/data/a.json"), "{\"changed\": true}");

            JsonNode output = backup.round(2).run().output();

            String second = output.path("name").textValue();
            List<String> keys = new ArrayList<>();
            bucket.bucket.first(second, keys::add);
            assertThat(keys).containsExactly(second + "/complete", second + "/inventory.json",
                    second + "/tree/data/a.json");
            assertThat(output.path("needs")).hasToString("[\"" + first + "\"]");
        }
    }

    @Test
    void an_object_that_went_bad_is_uploaded_again_and_not_relied_on() throws Exception {
        try (StepWorld backup = home(); Bucket bucket = new Bucket()) {
            String spec = "{from: 'v1', to: 'backups', incremental: 'by-content'}";
            String first = backup.spec(spec).run().output().path("name").textValue();
            bucket.replace(first + "/tree/data/a.json", "[]");

            String second = backup.round(2).run().output().path("name").textValue();

            assertThat(bucket.text(second + "/tree/data/a.json")).isEqualTo("{}");
        }
    }

    @Test
    void an_object_that_is_there_is_not_replaced_by_one_that_comes_late() throws Exception {
        try (Bucket bucket = new Bucket()) {
            byte[] newer = "newer".getBytes(StandardCharsets.UTF_8);
            bucket.bucket.putNew("x", Map.of(), newer, newer.length);
            byte[] late = "late".getBytes(StandardCharsets.UTF_8);
            IllegalStateException stopped = new IllegalStateException("a later attempt has begun");

            ObjectOutput out = new ObjectOutput(bucket.bucket, "x", Map.of(), WritableBucket.PART, () -> {
                throw stopped;
            });
            out.write(late);

            assertThatThrownBy(out::finish).isSameAs(stopped);
            assertThat(bucket.text("x")).isEqualTo("newer");
        }
    }

    @Test
    void a_bucket_that_does_not_exist_is_a_clear_failure() throws Exception {
        try (StepWorld backup = home()) {
            backup.resource("backups", server.declaration(prefix).replace("'" + S3Server.BUCKET + "'", "'nowhere'"));

            assertThatThrownBy(backup::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("nowhere")
                    .hasMessageContaining("does not exist; create it");
        }
    }

    @Test
    void old_backups_go_with_all_of_their_objects() throws Exception {
        try (StepWorld backup = home(); Bucket bucket = new Bucket()) {
            backup.spec("{from: 'v1', to: 'backups', keep: {count: 1}}").run();

            JsonNode output = backup.round(2).run().output();

            assertThat(output.path("removed")).hasToString("[\"" + BackupFilesTest.NAME + "\"]");
            assertThat(bucket.bucket.directories()).containsExactly(output.path("name").textValue());
        }
    }

    private StepWorld home() throws Exception {
        return server.declare(BackupFilesTest.home(temporary.resolve("w")), "backups", prefix);
    }

    private StepWorld recovery(StepWorld backup) {
        StepWorld world = new StepWorld(backup.directory(), "restore.files").runId("99999999-recovery")
                .directory("v1", backup.directory().resolve("v1"))
                .spec("{from: 'backups', to: 'v1'}");
        return server.declare(world, "backups", prefix);
    }

    /** All that can be seen of the backups under a prefix and does not differ from one world to the next. */
    private List<String> lines(String own) throws Exception {
        try (Buckets.Opened opened = Buckets.open(server, own)) {
            List<String> lines = new ArrayList<>();
            opened.bucket().first("", lines::add);
            lines.addAll(Backups.descriptions(new BucketStore(opened.bucket(), () -> {})));
            return lines;
        }
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private final class Bucket implements AutoCloseable {
        private final Buckets.Opened opened = Buckets.open(server, prefix);
        private final WritableBucket bucket = opened.bucket();

        void replace(String key, String text) throws Exception {
            byte[] content = text.getBytes(StandardCharsets.UTF_8);
            bucket.delete(List.of(key));
            assertThat(bucket.putNew(key, Map.of(), content, content.length)).isTrue();
        }

        String text(String key) throws Exception {
            try (InputStream in = bucket.open(key)) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        }

        @Override
        public void close() {
            opened.close();
        }
    }
}
