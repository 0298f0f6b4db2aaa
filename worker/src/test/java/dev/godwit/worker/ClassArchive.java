package dev.godwit.worker;

import dev.godwit.activities.host.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Archives of the classes that workers and commands load: tests start hundreds of them, and without one each start takes
 * twice as much of the processors. Both are made by a small run, once for all tests of a build.
 */
final class ClassArchive {
    private static final Path DIRECTORY = Site.GODWIT.resolve("worker/target/class-archives");
    /** They end before code of the last tier would have paid. */
    private static final List<String> SHORT_LIVED = List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            "-Xlog:cds=off", "-Xlog:cds+dynamic=off");

    private ClassArchive() {}

    /**
     * What java runs as a command or a worker.
     *
     * @param module {@code worker} or {@code starter}
     */
    static synchronized List<String> program(String module) throws IOException {
        if (!isNew("worker") || !isNew("starter")) {
            make();
        }
        return program(module, "-XX:SharedArchiveFile=" + archive(module));
    }

    private static List<String> program(String module, String archiving) {
        List<String> program = new ArrayList<>(SHORT_LIVED);
        program.addAll(List.of(archiving, "-jar", jar(module).toString()));
        return program;
    }

    private static Path jar(String module) {
        return Site.GODWIT.resolve(module + "/target/godwit-" + module + ".jar");
    }

    private static Path archive(String module) {
        return DIRECTORY.resolve(module + "-" + Runtime.version() + ".jsa");
    }

    /** One from before the last build is ignored by the JVM, without a word. */
    private static boolean isNew(String module) throws IOException {
        Path archive = archive(module);
        return Files.exists(archive)
                && Files.getLastModifiedTime(archive).compareTo(Files.getLastModifiedTime(jar(module))) > 0;
    }

    private static void make() throws IOException {
        Files.createDirectories(DIRECTORY);
        Path directory = Files.createTempDirectory("godwit-archives-").toRealPath();
        try (Site site = new Site(directory)) {
            Process worker = site.launchWorker(program("worker", making("worker", directory)));
            site.awaitReady(worker);
            Path home = Files.createDirectory(directory.resolve("home"));
            Files.writeString(home.resolve(".env"), "LOG_LEVEL=debug\n");
            Answer answer = site.begin(program("starter", making("starter", directory)), List.of("start",
                    Site.GODWIT.resolve("examples/settings/plan.yaml").toString(), "--param", "home=" + home, "--param",
                    "backups=" + Files.createDirectory(directory.resolve("backups")))).await();
            if (answer.exit() != 0) {
                throw new IllegalStateException("the run for class archives failed: " + answer.err());
            }
            worker.destroy();
            worker.waitFor();
            for (String module : List.of("worker", "starter")) {
                Files.move(made(module, directory), archive(module), StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException | RuntimeException failure) {
            throw failure;
        } catch (Exception failure) {
            throw new IllegalStateException("no class archives", failure);
        } finally {
            DurableFiles.deleteTree(directory);
        }
    }

    private static String making(String module, Path directory) {
        return "-XX:ArchiveClassesAtExit=" + made(module, directory);
    }

    private static Path made(String module, Path directory) {
        return directory.resolve(module + ".jsa");
    }
}
