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
        return using(archive(module), packaged(module));
    }

    /**
     * What java runs as such a worker with an archive of its own.
     *
     * @param site where one is started, does a small run and is ended for it
     * @param program a worker's: a class path, of jars only, and a class
     * @param archive where it goes
     */
    static List<String> ofWorker(Site site, List<String> program, Path archive) throws Exception {
        record(site, Files.createTempDirectory(archive.getParent(), "recorded-"), making(archive, program),
                program("starter"));
        return using(archive, program);
    }

    /** Lets a worker do a small run, so that it has loaded what every run needs. */
    private static void record(Site site, Path directory, List<String> worker, List<String> starter) throws Exception {
        Process recorded = site.readyWorker(worker);
        Path home = Files.createDirectory(directory.resolve("home"));
        Files.writeString(home.resolve(".env"), "LOG_LEVEL=debug\n");
        Answer answer = site.begin(starter,
                List.of("start", Site.GODWIT.resolve("examples/settings/plan.yaml").toString(),
                        "--param", "home=" + home, "--param",
                        "backups=" + Files.createDirectory(directory.resolve("backups"))))
                .await();
        if (answer.exit() != 0) {
            throw new IllegalStateException("the run for class archives failed: " + answer.err());
        }
        end(recorded);
    }

    /** As it ends it writes what it has loaded. */
    private static void end(Process worker) throws InterruptedException {
        worker.destroy();
        worker.waitFor();
    }

    private static List<String> using(Path archive, List<String> program) {
        return shortLived("-XX:SharedArchiveFile=" + archive, program);
    }

    private static List<String> making(Path archive, List<String> program) {
        return shortLived("-XX:ArchiveClassesAtExit=" + archive, program);
    }

    private static List<String> shortLived(String archiving, List<String> program) {
        List<String> all = new ArrayList<>(SHORT_LIVED);
        all.add(archiving);
        all.addAll(program);
        return all;
    }

    private static List<String> packaged(String module) {
        return List.of("-jar", jar(module).toString());
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
            record(site, directory, making(made("worker", directory), packaged("worker")),
                    making(made("starter", directory), packaged("starter")));
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

    private static Path made(String module, Path directory) {
        return directory.resolve(module + ".jsa");
    }
}
