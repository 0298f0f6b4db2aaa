package dev.godwit.activities.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigTextTest extends StepContract {
    private static final String UNIT = "[Service]\n# start\nExecStart=serve --port 8004\nRestart=no\n";

    @TempDir
    private Path temporary;

    @Override
    protected StepWorld world(Path directory) throws Exception {
        return home(directory, UNIT).spec("{from: 'home:unit', edits: [{find: '8004', replace: '80040'},"
                + " {match: '^#? *Restart=(no|never)$', remove: true}, {find: '[Service]', after: ['Nice=5']}]}");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "a text in a line|a 8004 b/c|{find: '8004', replace: '8005'}|a 8005 b/c",
            "a replacement that holds what it replaces|a 8004/c|{find: '8004', replace: '80040'}|a 80040/c",
            "every time in a line|x x/|{find: 'x', replace: 'y'}|y y/",
            "an expression with a group|port=8004/|{match: 'port=(\\d)\\d+', replace: 'port=$1999'}|port=8999/",
            "an expression that looks behind|a=1/b=1/|{match: '(?<=b=)1', replace: '2'}|a=1/b=2/",
            "the whole line|  LOG=debug # x/b|{match: '^ *LOG=', line: 'LOG=info'}|LOG=info/b",
            "lines below|a/b/|{find: 'a', after: ['x', 'y']}|a/x/y/b/",
            "lines below that hold what is found|a/b/|{find: 'a', after: ['aa']}|a/aa/b/",
            "lines above|a/b/|{find: 'b', before: ['x', 'b2']}|a/x/b2/b/",
            "below the last line|a/b|{find: 'b', after: ['x']}|a/b/x/",
            "two lines|a 1/a 2/b|{find: 'a', replace: 'c', count: 2}|c 1/c 2/b",
            "a line goes|a/b/c|{find: 'b', remove: true}|a/c", "at the end|a|{append: ['x', 'y']}|a/x/y/",
            "a dollar is a dollar for find|a/|{find: 'a', replace: '$1'}|$1/",})
    void changes_what_was_asked_once(String name, String before, String edit, String after) throws Exception {
        for (String newline : new String[]{"\n", "\r\n"}) {
            try (StepWorld world = home(Files.createTempDirectory(temporary, "w").resolve("home"),
                    before.replace("/", newline))) {
                world.spec("{from: 'home:unit', edits: [" + edit.replace("\\", "\\\\") + "]}").run();
                Path file = world.directory().resolve("unit");
                boolean written = before.contains("/");
                assertThat(Files.readString(file)).isEqualTo(after.replace("/", written ? newline : "\n"));

                world.runId("11111111-4a5e-4b0e-9a41-1f0d0f1c2a3b");
                assertThat(world.run().output()).as("a second run").hasToString("{\"changed\":0,\"kept\":1}");
                assertThat(Files.readString(file)).isEqualTo(after.replace("/", written ? newline : "\n"));
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "too many|a/a/b|{find: 'a', replace: 'c'}|must find 1 lines, and finds 2 (1, 2)",
            "none|a/|{find: 'x', replace: 'c'}|must find 1 lines, and finds 0",
            "too few|a/c/|{find: 'a', after: ['b'], count: 2}|must find 2 lines, and finds 1 (1)",
            "a group that is not there|a/|{match: 'a', replace: '$1'}|does not fit 'a'",
            "no expression|a/|{match: '(', replace: 'x'}|is not a regular expression",
            "nothing to do|a/|{find: 'a'}|give one of replace, line, after, before, remove and append",})
    void refuses_and_writes_nothing(String name, String before, String edit, String why) throws Exception {
        try (StepWorld world = home(temporary.resolve("w"), before.replace("/", "\n"))) {
            world.spec("{from: 'home:unit', edits: [{append: ['z']}, " + edit + "]}");

            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining(why);
            assertThat(world.directory().resolve("unit")).hasContent(before.replace("/", "\n"));
        }
    }

    @Test
    void bytes_that_are_no_utf_8_stay() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"))) {
            Path file = world.directory().resolve("unit");
            byte[] before = ("# caf\u00e9\n" + UNIT).getBytes(StandardCharsets.ISO_8859_1);
            Files.write(file, before);

            world.run();

            assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                    .isEqualTo("# caf\u00e9\n[Service]\nNice=5\n# start\nExecStart=serve --port 80040\n");
        }
    }

    @Test
    void the_preview_has_a_diff() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"))) {
            assertThat(world.preview().changes()).contains("change 3 lines of home:unit; 0 of 3 edits are done already",
                    "+Nice=5", "-Restart=no");
        }
    }

    private static StepWorld home(Path directory, String text) throws Exception {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("unit"), text);
        return new StepWorld(directory, "config.text").directory("home", directory);
    }
}
