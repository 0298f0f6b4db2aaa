package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Programs that call themselves {@code temporal}. */
class TemporalCliTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)     | 1.5.1     | 1.29.1
            temporal version 0.0.0-DEV (Server 1.30.0, UI 2.44.0) | 0.0.0-DEV | 1.30.0
            temporal version 2.0.0 (Server 2.1.0-rc.1, UI 3.0.0)  | 2.0.0     | 2.1.0-rc.1
            """)
    void one_that_is_new_enough_tells_its_versions(String answer, String version, String server) throws IOException {
        Path program = program("echo '" + answer + "'");

        assertThat(TemporalCli.at(program)).isEqualTo(new TemporalCli(program, version, server));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            temporal version 0.13.2 (Server 1.24.2) (UI 2.28.0) | 1.24.2
            temporal version 1.4.1 (Server 1.28.0, UI 2.39.0)   | 1.28.0
            """)
    void one_that_is_too_old_is_named_with_the_remedy(String answer, String server) throws IOException {
        Path program = program("echo '" + answer + "'");

        assertThatThrownBy(() -> TemporalCli.at(program)).hasMessageContaining(program.toString())
                .hasMessageContaining("too old")
                .hasMessageContaining(server)
                .hasMessageContaining("1.5 or newer")
                .hasMessageContaining("--embedded");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            echo Welcome                        | says 'Welcome'
            echo 'exec format error' >&2; exit 3 | exit code 3 and says: exec format error
            exit 127                            | exit code 127
            """)
    void one_that_is_broken_is_named_with_what_it_does(String script, String symptom) throws IOException {
        Path program = program(script);

        assertThatThrownBy(() -> TemporalCli.at(program)).hasMessageContaining(program + " --version")
                .hasMessageContaining(symptom)
                .hasMessageContaining("--embedded");
    }

    @Test
    void one_that_is_no_program_is_told_as_such() throws IOException {
        Path program = directory.resolve("temporal");
        Files.writeString(program, "\0\1\2");
        assertThat(program.toFile().setExecutable(true)).isTrue();

        assertThatThrownBy(() -> TemporalCli.at(program)).hasMessageContaining("--embedded");
    }

    private Path program(String script) throws IOException {
        Path file = directory.resolve("temporal");
        Files.writeString(file, "#!/bin/sh\n" + script + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
        return file;
    }
}
