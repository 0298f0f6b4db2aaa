package dev.godwit.activities.resource;

import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.host.Needed;
import dev.godwit.activities.host.StepWorld;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An S3 server: s3mock as a process of its own, on a port that it chooses, with its files in a directory. All tests of a
 * virtual machine share one; each takes a prefix of its own.
 */
public final class S3Server {
    /** The bucket that is there. */
    public static final String BUCKET = "backups";

    private static final String JAR = "target/s3mock/s3mock.jar";
    private static final Pattern STARTED = Pattern.compile("Tomcat started on ports .*?(\\d+) \\(http\\)");
    private static final long PATIENCE_MILLIS = 120_000;
    private static final long POLL_MILLIS = 50;
    private static S3Server shared;

    private final Process process;
    private final Path directory;
    private final int port;

    private S3Server(Process process, Path directory, int port) {
        this.process = process;
        this.directory = directory;
        this.port = port;
    }

    /** The one that tests share; it ends with this virtual machine. */
    public static synchronized S3Server shared() {
        if (shared == null || !shared.process.isAlive()) {
            try {
                shared = start(Files.createTempDirectory("godwit-s3"));
                Runtime.getRuntime().addShutdownHook(new Thread(shared::end));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
        return shared;
    }

    private static S3Server start(Path directory) throws IOException, InterruptedException {
        Path jar = jar();
        Needed.part(Files.exists(jar), "the S3 server that the build copies to activities/" + JAR
                + ": run mvn generate-test-resources -pl activities -am");
        Path log = directory.resolve("s3.log");
        Process process = new ProcessBuilder(ProcessHandle.current().info().command().orElse("java"), "-Xmx256m",
                "-XX:TieredStopAtLevel=1", "-jar", jar.toString(), "--http.port=0", "--server.port=0",
                "--com.adobe.testing.s3mock.store.root=" + Files.createDirectory(directory.resolve("store")),
                "--com.adobe.testing.s3mock.store.initial-buckets=" + BUCKET,
                "--com.adobe.testing.s3mock.max-payload-size=100MB").redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        long deadline = System.currentTimeMillis() + PATIENCE_MILLIS;
        while (process.isAlive() && System.currentTimeMillis() < deadline) {
            Matcher started = STARTED.matcher(Files.readString(log));
            if (started.find()) {
                return new S3Server(process, directory, Integer.parseInt(started.group(1)));
            }
            process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS);
        }
        process.destroyForcibly();
        throw new IllegalStateException("the S3 server did not start: " + Files.readString(log));
    }

    /** From the directory of this module, of another one, or of the whole. */
    private static Path jar() {
        Path here = Path.of("").toAbsolutePath();
        for (Path base : new Path[]{here, here.resolve("activities"), here.resolveSibling("activities")}) {
            if (Files.exists(base.resolve(JAR))) {
                return base.resolve(JAR);
            }
        }
        return here.resolve(JAR);
    }

    public int port() {
        return port;
    }

    /** The address, such as {@code http://127.0.0.1:9000}. */
    public String endpoint() {
        return "http://127.0.0.1:" + port;
    }

    /** A declaration of the bucket, or of some prefix in it, as {@link StepWorld#resource} takes it. */
    public String declaration(String prefix) {
        return declaration(endpoint(), prefix);
    }

    /** The same by another address, such as that of something that disturbs the connection. */
    public static String declaration(String endpoint, String prefix) {
        return "{kind: 's3', bucket: '" + BUCKET + "', prefix: '" + prefix + "', endpoint: '" + endpoint
                + "', 'path-style': true, 'access-key': {secret: 'S3_KEY'}, 'secret-key': {secret: 'S3_SECRET'}}";
    }

    /** Gives a world the bucket as a resource, and its credentials. */
    public StepWorld declare(StepWorld world, String resource, String prefix) {
        return world.resource(resource, declaration(prefix)).secret("S3_KEY", "key").secret("S3_SECRET", "secret");
    }

    private void end() {
        process.destroyForcibly();
        try {
            process.waitFor();
            DurableFiles.deleteTree(directory);
        } catch (IOException e) {
            System.err.println(directory + " was left: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
