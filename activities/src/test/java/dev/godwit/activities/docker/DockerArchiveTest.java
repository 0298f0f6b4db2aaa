package dev.godwit.activities.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.files.Hashes;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.run.StepResult;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DockerArchiveTest {
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "docker.archive");
            TestDocker.in(world, "busybox:1");
            world.directory("backups", Files.createDirectory(directory.resolve("backups")));
            return world.spec("{image: 'engine:busybox:1', to: 'backups:busybox.tar'}");
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("sha256");
        }

        @Override
        protected int interruptions() {
            return 12;
        }
    }

    @TempDir
    private Path temporary;

    private StepWorld world;
    private TestDocker docker;
    private Path archive;

    @BeforeEach
    void start_with_an_engine() throws Exception {
        world = new StepWorld(Files.createDirectory(temporary.resolve("world")), "docker.archive");
        docker = TestDocker.in(world, "busybox:1");
        archive = world.directory().resolve("api.tar");
        world.directory("backups", world.directory());
    }

    @AfterEach
    void tidy() {
        world.close();
    }

    @Test
    void an_image_comes_back_from_its_archive() throws Exception {
        String image = docker.named("api") + ":5";
        TestDocker.docker("tag", "busybox:1", image);
        world.spec("{image: 'engine:%s', to: 'backups:api.tar'}".formatted(image));

        StepResult result = world.run();

        assertThat(result.output().get("sha256").asText()).isEqualTo(Hashes.sha256(archive));
        assertThat(result.output().get("bytes").asLong()).isEqualTo(Files.size(archive));
        TestDocker.docker("rmi", image);
        TestDocker.docker("load", "-i", archive.toString());
        assertThat(TestDocker.docker("run", "--rm", image, "echo", "back")).isEqualTo("back");
    }

    @Test
    void a_missing_image_and_a_file_of_others_are_refused_and_the_file_stays() throws Exception {
        world.spec("{image: 'engine:no-such-image:7', to: 'backups:api.tar'}");
        assertThatThrownBy(world::run).hasMessageContaining("the engine has no image no-such-image:7");
        assertThat(world.directory()).isEmptyDirectory();

        Files.writeString(archive, "mine");
        world.spec("{image: 'engine:busybox:1', to: 'backups:api.tar'}");
        assertThatThrownBy(world::run).hasMessageContaining("is no whole archive of this image");
        assertThat(archive).hasContent("mine");
    }

    @Test
    void a_byte_that_has_changed_within_a_layer_is_noticed() throws Exception {
        world.spec("{image: 'engine:busybox:1', to: 'backups:api.tar'}").run();
        assertThat(ImageArchive.verify(archive, "archive", () -> {}).layers()).isPositive();

        try (FileChannel channel = FileChannel.open(archive, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[]{1, 2, 3}), Files.size(archive) / 2);
        }

        assertThatThrownBy(() -> ImageArchive.verify(archive, "archive", () -> {}))
                .hasMessageContaining("is not");
    }
}
