package dev.godwit.activities.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.config.ConfigRequirements.OnConflict;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Row B2. */
class ConfigRequirementsTest {
    private static final String OLD = "# the old service\nrequests>=2.31  # the client\nRedis\nuvicorn==0.24\n";
    private static final String ADDED = "add: ['fastapi==0.104.1', 'uvicorn[standard]==0.24.0', 'redis==5.0.1']";

    @TempDir
    private Path temporary;

    @Nested
    class InPlace extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return home(directory, OLD);
        }
    }

    @Nested
    class IntoAnotherFile extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return home(directory, OLD).spec("{from: 'home:requirements.txt', to: 'home:new/requirements.txt', "
                    + ADDED + "}");
        }
    }

    @Nested
    class InPlaceOfAConflict extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return home(directory, "redis==4.6.0\n")
                    .spec("{from: 'home:requirements.txt', on-conflict: 'replace', " + ADDED + "}");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {"a new one comes last|`a==1\\n`|b==2|`a==1\\nb==2\\n`",
            "no newline at the end|`a==1`|b==2|`a==1\\nb==2\\n`",
            "windows line ends|`a==1\\r\\n`|b|`a==1\\r\\nb\\r\\n`",
            "an empty file|``|a==1|`a==1\\n`",
            "a name in another spelling|`Prometheus_Client == 0.19.0\\n`|prometheus-client==0.19.0|`Prometheus_Client == 0.19.0\\n`",
            "dots and dashes in a row|`a-._b==1\\n`|a.b==1|`a-._b==1\\n`",
            "a version with zeros at its end|`a==0.24\\n`|a==0.24.0|`a==0.24\\n`",
            "clauses in another order|`a<3, >=1\\n`|a>=1,<3|`a<3, >=1\\n`",
            "an old form in parentheses|`a (>=1,<3)\\n`|a<3,>=1|`a (>=1,<3)\\n`",
            "any version will do|`a==1 # why\\n`|a|`a==1 # why\\n`",
            "a version that was open|`a  # why\\n`|a==1|`a==1  # why\\n`",
            "an extra more|`a[x] == 1 # why\\n`|a[Y,x]==1|`a[x,y] == 1 # why\\n`",
            "a first extra|`a==1\\n`|a[x]==1|`a[x]==1\\n`", "a first extra and a version|`a\\n`|a[x]==1|`a[x]==1\\n`",
            "empty brackets|`a[]==1\\n`|a[x]==1|`a[x]==1\\n`",
            "extras in another spelling|`a[X_y]\\n`|a[x-y]|`a[X_y]\\n`",
            "a marker in other quotes|`a==1; os_name=='nt'\\n`|`a==1 ; os_name == \"nt\"`|`a==1; os_name=='nt'\\n`",
            "a marker that is narrower|`a==1\\n`|`a==1; os_name=='nt'`|`a==1\\n`",
            "markers that exclude each other|`a==1; os_name=='nt'\\n`|a==2; os_name=='posix'|`a==1; os_name=='nt'\\na==2; os_name=='posix'\\n`",
            "a version above and one below|`a==1; python_version<'3.8'\\n`|a==2; python_version>='3.8'|`a==1; python_version<'3.8'\\na==2; python_version>='3.8'\\n`",
            "options and paths|`-r base.txt\\n--index-url https://x/y\\n-e .\\n./a-1.whl\\n`|a==1|`-r base.txt\\n--index-url https://x/y\\n-e .\\n./a-1.whl\\na==1\\n`",
            "a comment is no requirement|`#a==1\\n`|a==1|`#a==1\\na==1\\n`",
            "a comment does not go on|`# x \\\\\\na==1\\n`|a==1|`# x \\\\\\na==1\\n`",
            "a line that goes on|`a == \\\\\\n 1\\n`|a==1|`a == \\\\\\n 1\\n`",
            "a line that goes on gets an extra|`a == \\\\\\n 1\\n`|a[x]==1|`a[x] == \\\\\\n 1\\n`",
            "an address|`a @ https://x/a.zip#sha1=1\\n`|a @ https://x/a.zip#sha1=1|`a @ https://x/a.zip#sha1=1\\n`",
            "a byte order mark|`\ufeffa==1\\n`|a==1|`\ufeffa==1\\n`",
            "an indented one|`  a==1\\n`|a==1|`  a==1\\n`"})
    void adds_only_what_is_not_there_and_keeps_all_else(String name, String before, String wanted, String after) {
        byte[] edited = edit(unescaped(before), OnConflict.REFUSE, wanted);

        assertThat(edited).as(name).asString(StandardCharsets.UTF_8).isEqualTo(unescaped(after));
        assertThat(edit(new String(edited, StandardCharsets.UTF_8), OnConflict.REFUSE, wanted)).as("a second time")
                .isEqualTo(edited);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {"another version|`a==1 # why\\n`|a==2|`a==2 # why\\n`",
            "with extras|`a[x]==1\\n`|a[y]==2|`a[x,y]==2\\n`", "an open version|`a>=1\\n`|a==2|`a==2\\n`",
            "one that keeps its own parts|`a~=1.2\\n`|a~=1.2.0|`a~=1.2.0\\n`",
            "a wildcard|`a==1.*\\n`|a==1.0|`a==1.0\\n`",
            "another address|`a @ https://x/1\\n`|a @ https://x/2|`a @ https://x/2\\n`",
            "an address for a version|`a==1;os_name=='nt'\\n`|a @ https://x/2 ; os_name=='nt'|`a @ https://x/2 ;os_name=='nt'\\n`",
            "a version for an address|`a @ https://x/1 # x\\n`|a==1|`a==1 # x\\n`",
            "a condition that is not the plan's|`a==1; os_name=='nt' # x\\n`|a==1|`a==1 # x\\n`",
            "conditions that may both hold|`a==1; python_version>'3.8'\\n`|a==2; python_version>'3.9'|`a==2; python_version>'3.9'\\n`",
            "one that stands there twice|`a==1\\nb\\nA==3\\n`|a==2|`a==2\\nb\\nA==2\\n`",
            "a line that goes on|`a == \\\\\\n 1\\n`|a==2|`a==2\\n`"})
    void another_version_is_refused_or_replaced(String name, String before, String wanted, String after) {
        assertThatThrownBy(() -> edit(unescaped(before), OnConflict.REFUSE, wanted)).as(name)
                .isInstanceOfSatisfying(StepFailure.class,
                        failure -> assertThat(failure.code()).isEqualTo("requirements-conflict"));
        byte[] edited = edit(unescaped(before), OnConflict.REPLACE, wanted);

        assertThat(edited).as(name).asString(StandardCharsets.UTF_8).isEqualTo(unescaped(after));
        assertThat(edit(new String(edited, StandardCharsets.UTF_8), OnConflict.REFUSE, wanted)).as("a second time")
                .isEqualTo(edited);
    }

    @Test
    void all_conflicts_are_reported_at_once_and_nothing_is_changed() throws Exception {
        String before = "redis==4.6.0\nFastAPI<0.100\nuvicorn\n";
        try (StepWorld world = home(temporary.resolve("w"), before)) {
            List<String> untouched = world.snapshot();

            for (Runnable attempt : List.<Runnable>of(world::preview, world::run)) {
                assertThatThrownBy(attempt::run).isInstanceOf(StepFailure.class)
                        .hasMessageContaining("home:requirements.txt: 2 other versions")
                        .hasMessageContaining("line 1 has 'redis==4.6.0', and the plan wants 'redis==5.0.1'")
                        .hasMessageContaining("line 2 has 'FastAPI<0.100', and the plan wants 'fastapi==0.104.1'");
            }

            assertThat(world.snapshot()).isEqualTo(untouched);
        }
    }

    @Test
    void a_second_run_adds_nothing() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"), OLD)) {
            var first = world.run().output();
            List<String> once = world.snapshot();

            var second = world.runId("another").run().output();

            assertThat(first.toString()).isEqualTo("{\"added\":[\"fastapi\"],\"replaced\":[],"
                    + "\"extended\":[\"uvicorn\",\"redis\"],\"kept\":[],\"unread\":[]}");
            assertThat(second.toString()).isEqualTo("{\"added\":[],\"replaced\":[],\"extended\":[],"
                    + "\"kept\":[\"fastapi\",\"uvicorn\",\"redis\"],\"unread\":[]}");
            assertThat(world.snapshot()).isEqualTo(once);
            assertThat(world.directory().resolve("home/requirements.txt"))
                    .hasContent("# the old service\nrequests>=2.31  # the client\nRedis==5.0.1\n"
                            + "uvicorn[standard]==0.24\n\n# new\nfastapi==0.104.1\n");
        }
    }

    @Test
    void what_included_files_require_is_not_added_again() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"), "-r base/all.txt\n--constraint=limits.txt\nuvicorn\n")) {
            Path home = world.directory().resolve("home");
            Files.createDirectory(home.resolve("base"));
            Files.writeString(home.resolve("base/all.txt"), "-r more.txt\n-r https://example.com/x.txt\n");
            Files.writeString(home.resolve("base/more.txt"), "FastAPI==0.104.1\nredis\n-r all.txt\n-rgone.txt\n");
            Files.writeString(home.resolve("limits.txt"), "redis==5.0.1\nfastapi>0.1\n");

            var output = world.run().output();

            assertThat(output.toString()).isEqualTo("{\"added\":[\"redis\"],\"replaced\":[],\"extended\":[\"uvicorn\"],"
                    + "\"kept\":[\"fastapi\"],\"unread\":[\"gone.txt\",\"https://example.com/x.txt\"]}");
            assertThat(home.resolve("requirements.txt")).hasContent("-r base/all.txt\n--constraint=limits.txt\n"
                    + "uvicorn[standard]==0.24.0\n\n# new\nredis==5.0.1\n");
        }
    }

    @Test
    void another_version_in_an_included_file_is_a_conflict_that_is_not_settled_here() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"), "-r base.txt\n-c limits.txt\nredis==5\n")) {
            Path home = world.directory().resolve("home");
            Files.writeString(home.resolve("base.txt"), "# ours\nfastapi<0.100\n");
            Files.writeString(home.resolve("limits.txt"), "redis==4.6.0\n");
            world.spec("{from: 'home:requirements.txt', on-conflict: 'replace', " + ADDED + "}");

            for (Runnable attempt : List.<Runnable>of(world::preview, world::run)) {
                assertThatThrownBy(attempt::run).isInstanceOf(StepFailure.class)
                        .hasMessageContaining("base.txt, line 2 has 'fastapi<0.100', and the plan wants")
                        .hasMessageContaining("limits.txt, line 1 has 'redis==4.6.0', and the plan wants")
                        .hasMessageEndingWith("agree on one");
            }
        }
    }

    @Test
    void hashes_in_an_included_file_count() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"), "-r base.txt\n")) {
            Files.writeString(world.directory().resolve("home/base.txt"), "a==1 --hash=sha256:00\n");

            assertThatThrownBy(world::run).hasMessageContaining("--hash");
        }
    }

    @Test
    void a_file_with_hashes_is_refused_unless_all_is_there() {
        String hashed = "a==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\n";

        assertThat(edit(hashed, OnConflict.REFUSE, "a==1")).asString(StandardCharsets.UTF_8).isEqualTo(hashed);
        assertThatThrownBy(() -> edit(hashed, OnConflict.REFUSE, "b==1")).isInstanceOf(StepFailure.class)
                .hasMessageContaining("--hash");
    }

    @Test
    void what_is_no_requirement_or_contradicts_itself_is_refused_by_name() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"), OLD)) {
            assertThatThrownBy(world.spec("{from: 'home:requirements.txt', add: ['a=1']}")::run)
                    .hasMessageContaining("'a=1' is not a requirement");
            assertThatThrownBy(world.spec("{from: 'home:requirements.txt', add: ['a_b==1', 'A-b==2']}")::run)
                    .hasMessageContaining("'A-b==2' and 'a_b==1' are of one project");
        }
    }

    private static byte[] edit(String before, OnConflict onConflict, String... wanted) {
        return RequirementsFile.edit(Path.of("nowhere", "requirements.txt"), before.getBytes(StandardCharsets.UTF_8),
                Arrays.stream(wanted).map(Requirement::parse).toList(), Optional.empty(), onConflict).content();
    }

    private static StepWorld home(Path directory, String requirements) throws Exception {
        Path home = Files.createDirectories(directory.resolve("home"));
        Files.writeString(home.resolve("requirements.txt"), requirements);
        return new StepWorld(directory, "config.requirements").directory("home", home)
                .spec("{from: 'home:requirements.txt', header: 'new', " + ADDED + "}");
    }

    private static String unescaped(String text) {
        return text == null
                ? ""
                : text.replace("\\\\", "\u0001")
                        .replace("\\n", "\n")
                        .replace("\\r", "\r")
                        .replace("\u0001", "\\");
    }
}
