package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The script that builds Godwit and hands the command on, with a Maven and a Java that only say what they were asked. */
@Timeout(60)
class LauncherTest {
    @TempDir
    private Path home;

    @BeforeEach
    void makeSources() throws IOException {
        Files.copy(launcher(), home.resolve("godwit"));
        Files.writeString(home.resolve("pom.xml"), "");
        Files.writeString(Files.createDirectories(home.resolve("worker/src/main")).resolve("Source.java"), "");
        Files.writeString(home.resolve("worker/pom.xml"), "");
        Files.writeString(Files.createDirectories(home.resolve("jdk")).resolve("release"), "JAVA_VERSION=\"21\"\n");
        script("jdk/bin/javac", "");
        script("jdk/bin/java", "echo locale $LC_ALL");
        script("bin/mvn", """
                cd "$(dirname "$0")/.."
                echo built >>builds
                sleep 1
                mkdir -p worker/target starter/target
                touch worker/target/godwit-worker.jar starter/target/godwit-starter.jar
                """);
    }

    @Test
    void commands_that_are_given_at_once_build_once() throws Exception {
        Process first = launch(Map.of());
        Process second = launch(Map.of());

        assertThat(first.waitFor()).isZero();
        assertThat(second.waitFor()).isZero();
        assertThat(home.resolve("builds")).hasContent("built");
        assertThat(home.resolve(".godwit/build.lock")).doesNotExist();
    }

    @Test
    void a_build_that_died_keeps_nobody_waiting() throws Exception {
        Process dead = new ProcessBuilder("true").start();
        dead.waitFor();
        Files.createSymbolicLink(Files.createDirectories(home.resolve(".godwit")).resolve("build.lock"),
                Path.of(Long.toString(dead.pid())));

        assertThat(launch(Map.of()).waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(home.resolve("builds")).hasContent("built");
    }

    @Test
    void names_that_are_not_ascii_can_be_read_whatever_the_locale() throws Exception {
        assertThat(said(launch(Map.of()))).isEqualTo("locale C.UTF-8");
        assertThat(said(launch(Map.of("LANG", "C")))).isEqualTo("locale C.UTF-8");
        assertThat(said(launch(Map.of("LANG", "tr_TR.UTF-8")))).isEqualTo("locale");
    }

    @Test
    void a_service_without_a_home_can_use_it() throws Exception {
        assertThat(launch(Map.of()).waitFor()).isZero();
    }

    @Test
    void an_archive_of_classes_from_before_the_last_build_is_removed_since_the_jvm_would_keep_it() throws Exception {
        assertThat(launch(Map.of()).waitFor()).isZero();
        Path archive = Files.writeString(home.resolve(".godwit/starter.jsa"), "");
        Files.setLastModifiedTime(archive, FileTime.from(Instant.now().plusSeconds(60)));
        launch(Map.of()).waitFor();
        assertThat(archive).exists();

        Files.setLastModifiedTime(archive, FileTime.from(Instant.EPOCH));
        launch(Map.of()).waitFor();

        assertThat(archive).doesNotExist();
    }

    private Process launch(Map<String, String> locale) throws IOException {
        ProcessBuilder command = new ProcessBuilder("sh", home.resolve("godwit").toString(), "status");
        Map<String, String> environment = command.environment();
        environment.keySet().removeIf(name -> name.startsWith("LC_") || name.equals("LANG"));
        environment.putAll(locale);
        environment.remove("HOME");
        environment.remove("GODWIT_JAVA_HOME");
        environment.put("JAVA_HOME", home.resolve("jdk").toString());
        environment.put("PATH", home.resolve("bin") + ":" + environment.get("PATH"));
        return command.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    }

    private static String said(Process process) throws IOException {
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    private void script(String name, String text) throws IOException {
        Path file = home.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + text + "\n");
        file.toFile().setExecutable(true);
    }

    private static Path launcher() {
        return Path.of("").toAbsolutePath().getParent().resolve("godwit");
    }
}
