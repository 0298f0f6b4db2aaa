package dev.godwit.activities.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Row A7. */
class ConfigEnvTest {
    @TempDir
    private Path temporary;

    @Nested
    class IntoAnotherFile extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return home(directory, "# V1\nPORT=8000\n");
        }
    }

    @Nested
    class InPlace extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return home(directory, "# V1\nPORT=8000\nFPS=30\n")
                    .spec("{from: 'home:.env', to: 'home:.env', set: {FPS: 15, A: 1}}");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "a value in place|`PORT=8000\\n# end\\n`|PORT|8001|`PORT=8001\\n# end\\n`",
            "the same value stays as written|`PORT = \"8001\"  # the port\\n`|PORT|8001|`PORT = \"8001\"  # the port\\n`",
            "a comment behind the value stays|`PORT=1   # why\\n`|PORT|2|`PORT=2   # why\\n`",
            "windows line ends|`A=1\\r\\n`|B|2|`A=1\\r\\nB=2\\r\\n`",
            "no newline at the end|`A=1`|B|2|`A=1\\nB=2\\n`", "export|`export A=1\\n`|A|2|`export A=2\\n`",
            "a comment is no key|`#A=1\\n`|A|2|`#A=1\\nA=2\\n`",
            "a key within a quoted value of several lines is no key|`X=\"\\nA=1\\n\"\\n`|A|2|`X=\"\\nA=1\\n\"\\nA=2\\n`",
            "a hash within a value|`A=x#y\\n`|A|z|`A=z\\n`", "an empty value|`A=\\nB=1\\n`|A|2|`A=2\\nB=1\\n`",
            "a value that needs quotes|`A=1\\n`|A|b c|`A='b c'\\n`",
            "a line that means nothing|`what is this\\nA=1`|A|2|`what is this\\nA=2`",
            "every line of a key that is there twice|`A=1\\nA=2\\n`|A|2|`A=2\\nA=2\\n`",
            "an empty file|``|A|1|`A=1\\n`", "double quotes stay|`A=\"1\"\\n`|A|b c|`A=\"b c\"\\n`",
            "single quotes stay|`A='1'  # x\\n`|A|2|`A='2'  # x\\n`",
            "single quotes that cannot hold the value|`A='1'\\n`|A|it's|`A=\"it's\"\\n`",
            "a byte order mark|`\ufeffA=1\\n`|A|2|`\ufeffA=2\\n`",})
    void keeps_all_but_the_value(String name, String before, String key, String value, String after) {
        byte[] edited = set(unescaped(before).getBytes(StandardCharsets.UTF_8), Map.of(key, value), Optional.empty());

        assertThat(edited).as(name).asString(StandardCharsets.UTF_8).isEqualTo(unescaped(after));
        assertThat(set(edited, Map.of(key, value), Optional.empty())).as("a second time")
                .isEqualTo(edited);
    }

    @Test
    void bytes_of_any_encoding_are_kept() {
        byte[] before = {'#', (byte) 0xff, (byte) 0xe9, '\n', 'A', '=', '1', '\n'};
        byte[] after = set(before, Map.of("A", "ü"), Optional.empty());

        assertThat(after).startsWith('#', 0xff, 0xe9, '\n', 'A', '=', 0xc3, 0xbc);
    }

    @Test
    void absent_keys_are_appended_once_below_a_header_in_the_order_of_the_plan() {
        Map<String, String> set = new LinkedHashMap<>();
        set.put("B", "2");
        set.put("A", "1");
        byte[] once = set("PORT=1\n".getBytes(StandardCharsets.UTF_8), set, Optional.of("V2"));

        assertThat(once).asString(StandardCharsets.UTF_8).isEqualTo("PORT=1\n\n# V2\nB=2\nA=1\n");
        assertThat(set(once, set, Optional.of("V2"))).isEqualTo(once);
    }

    @Test
    void the_new_file_has_the_mode_of_the_old_one() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"), "A=1\n")) {
            Files.setPosixFilePermissions(world.directory().resolve("v1/.env"),
                    PosixFilePermissions.fromString("rw-------"));
            var output = world.run().output();

            assertThat(Files.getPosixFilePermissions(world.directory().resolve("v2/.env")))
                    .isEqualTo(PosixFilePermissions.fromString("rw-------"));
            assertThat(output.path("added").size()).isEqualTo(2);
        }
    }

    @Test
    void a_missing_file_is_named() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"), "")) {
            assertThatThrownBy(world.spec("{from: 'v1:none', to: 'v2:.env', set: {A: 1}}")::run)
                    .isInstanceOf(StepFailure.class)
                    .hasMessageContaining("config.env: v1:none");
        }
    }

    @Test
    void the_lines_of_a_removed_key_go() {
        byte[] before = "A=1\n# b\nexport B=\"x\ny\" # b\nC=3".getBytes(StandardCharsets.UTF_8);
        var edited = EnvFile.edit(before, Map.of(), List.of("B", "D"), Optional.empty());

        assertThat(edited.content()).asString(StandardCharsets.UTF_8).isEqualTo("A=1\n# b\nC=3");
        assertThat(edited.output().removed()).containsExactly("B");
    }

    @Test
    void the_preview_has_a_diff_without_secrets() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"), "API_TOKEN=hush\nFPS=30\nDB=pg://me:hush@db/x\n")) {
            world.spec("{from: 'home:.env', set: {FPS: 15}}");

            assertThat(world.preview().changes())
                    .contains("-FPS=30", "+FPS=15", " API_TOKEN=***", " DB=pg://***@db/x");
        }
    }

    private static byte[] set(byte[] before, Map<String, String> values, Optional<String> header) {
        return EnvFile.edit(before, values, List.of(), header).content();
    }

    private static StepWorld home(Path directory, String env) throws Exception {
        Path home = Files.createDirectories(directory.resolve("v1"));
        Files.writeString(home.resolve(".env"), env);
        return new StepWorld(directory, "config.env").directory("v1", home)
                .directory("home", home)
                .directory("v2", directory.resolve("v2"))
                .spec("{from: 'v1:.env', to: 'v2:.env', header: 'V2 features', set: {DUAL_STORAGE: false, FPS: 15}}");
    }

    private static String unescaped(String text) {
        return text == null ? "" : text.replace("\\n", "\n").replace("\\r", "\r");
    }
}
