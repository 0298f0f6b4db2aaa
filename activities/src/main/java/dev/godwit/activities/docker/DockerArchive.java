package dev.godwit.activities.docker;

import com.google.auto.service.AutoService;
import dev.godwit.activities.files.Hashes;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.activities.resource.DockerKind;
import dev.godwit.activities.resource.ImageState;
import dev.godwit.activities.resource.ReadableDocker;
import dev.godwit.activities.resource.WritableDocker;
import dev.godwit.plan.Location;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Optional;

/**
 * Archives an image as {@code docker save} does, into one file from which {@code docker load} brings it back. It counts only
 * after it was read back: every layer is there, and hashes to what the image says. The file appears under its name whole.
 *
 * <pre>{@code
 * - name: archive_v5
 *   uses: docker.archive
 *   with: {image: engine:parking-api:5.2.1, to: backups:parking-api-5.2.1.tar}
 * }</pre>
 *
 * <p>Undo keeps the archive, as with any backup; one that is there already, of the same image and whole, is as good.
 *
 * <p>Fails with {@code image-missing}, {@code file-exists} if there is something else of that name, {@code disk-full},
 * {@code archive-damaged}, {@code docker-unreachable}. After an error nothing of the archive is left.
 */
@Uses(value = "docker.archive", kind = StepKind.BACKUP)
@AutoService(StepType.class)
public final class DockerArchive implements ReadOnlyStepType<DockerArchive.Spec, DockerArchive.Output> {
    private static final String ARCHIVED = "archived";
    private static final int PIECE = 1 << 20;

    /**
     * @param image the engine, and the image's name and tag
     * @param to the archive
     */
    public record Spec(@Of("docker") Location image, @Of("directory") Location to) {
        public Spec {
            if (image.path().isEmpty()) {
                throw new IllegalArgumentException("'" + image + "' does not name an image; write RESOURCE:NAME:TAG");
            }
            if (to.path().isEmpty()) {
                throw new IllegalArgumentException("'" + to + "' does not name a file; write RESOURCE:FILE.tar");
            }
        }
    }

    /**
     * @param image the id of the image
     * @param bytes the size of the archive
     * @param sha256 its hash
     * @param layers how many layers the image has
     */
    public record Output(String image, long bytes, String sha256, int layers) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        ReadableDocker docker = context.reading(DockerKind.class, spec.image());
        Path file = context.reading(DirectoryKind.class, spec.to()).path();
        Optional<String> maker = context.madeBy(spec.image());
        if (maker.isPresent()) {
            return Preview.<Output>knownAfter(maker.get())
                    .change("would archive the image " + spec.image().path() + " as " + spec.to())
                    .making(spec.to());
        }
        ImageState image = require(docker, spec);
        Preview<Output> preview = Preview.<Output>withoutOutput()
                .change("would archive the image %s (%d bytes) as %s".formatted(spec.image().path(), image.bytes(),
                        spec.to()));
        return (Files.exists(file) ? preview.change(spec.to() + " exists now, and must not by then") : preview)
                .making(spec.to());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        WritableDocker docker = context.writing(DockerKind.class, spec.image());
        Path file = context.writing(DirectoryKind.class, spec.to()).path();
        Optional<Output> archived = context.journal().read(ARCHIVED, Output.class);
        if (archived.isPresent() && Files.exists(file) && Hashes.sha256(file).equals(archived.get().sha256())) {
            return archived.get();
        }
        ImageState image = require(docker, spec);
        if (Files.exists(file)) {
            return existing(file, spec, image, context);
        }
        Files.createDirectories(file.getParent());
        Path partial = file.resolveSibling("." + file.getFileName() + ".partial-" + context.identity().shortName());
        try {
            String sha256 = write(docker, spec, image, partial, context);
            ImageArchive.Contents contents = ImageArchive.verify(partial, spec.to().toString(), context::checkpoint);
            Output output = new Output(image.id(), Files.size(partial), sha256, contents.layers());
            context.journal().write(ARCHIVED, output);
            context.journal().checkToken();
            Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
            DurableFiles.syncDirectory(file.getParent());
            return output;
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    /** An earlier round, or an earlier run, may have archived the same image. */
    private static Output existing(Path file, Spec spec, ImageState image, RunContext context) throws IOException {
        try {
            ImageArchive.Contents contents = ImageArchive.verify(file, spec.to().toString(), context::checkpoint);
            if (image.id().endsWith(contents.configuration())) {
                return new Output(image.id(), Files.size(file), Hashes.sha256(file), contents.layers());
            }
        } catch (StepFailure | IllegalArgumentException | IOException e) {
            // It is something else.
        }
        throw StepFailure.user("file-exists",
                spec.to() + " (" + file + ") exists, and is no whole archive of this image;"
                        + " move it away, or choose another name");
    }

    private static String write(WritableDocker docker, Spec spec, ImageState image, Path partial, RunContext context)
            throws IOException {
        MessageDigest digest = Hashes.newSha256();
        byte[] piece = new byte[PIECE];
        long written = 0;
        try (InputStream content = docker.save(spec.image().path(), context::checkpoint);
                OutputStream out = new DigestOutputStream(
                        new BufferedOutputStream(Files.newOutputStream(partial), PIECE), digest)) {
            for (int length = content.read(piece); length >= 0; length = content.read(piece)) {
                out.write(piece, 0, length);
                written += length;
                context.progress(written, Math.max(written, image.bytes()), "bytes");
                context.checkpoint();
            }
        } catch (IOException e) {
            throw DurableFiles.naming(partial, e);
        }
        DurableFiles.syncFile(partial);
        return Hashes.hex(digest);
    }

    private static ImageState require(ReadableDocker docker, Spec spec) {
        return docker.image(spec.image().path())
                .orElseThrow(() -> StepFailure.user("image-missing", spec.image() + ": the engine has no image "
                        + spec.image().path() + "; correct its name"));
    }
}
