package dev.godwit.activities.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.FreePort;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.run.PreviewResult;
import dev.godwit.run.UndoResult;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DockerRunTest {
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) {
            StepWorld world = new StepWorld(directory, "docker.run");
            TestDocker docker = TestDocker.in(world, "busybox:1");
            return world.spec("{container: 'engine:" + docker.named("api") + "', networks: [{network: '"
                    + docker.network("front") + "', aliases: ['api']}, {network: '" + docker.network("back") + "'}], "
                    + TestDocker.IDLE + "}");
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("id", "seconds");
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
    private String name;

    @BeforeEach
    void start_with_an_engine() throws Exception {
        world = new StepWorld(Files.createDirectory(temporary.resolve("world")), "docker.run");
        docker = TestDocker.in(world, "busybox:1", "redis:7");
        name = docker.named("api");
    }

    @AfterEach
    void tidy() {
        world.close();
    }

    @Test
    void the_container_has_what_the_plan_says_and_its_secrets_are_nowhere_else() throws Exception {
        Path logs = Files.createDirectory(world.directory().resolve("logs"));
        String network = docker.network("parking");
        int port = FreePort.next();
        world.secret("API_TOKEN", "hush-hush")
                .directory("home", world.directory())
                .spec("""
                        {container: 'engine:%s', image: 'busybox:1', user: '1000',
                         command: ['sh', '-c', 'echo $LEVEL $TOKEN; mkdir /tmp/www && cd /tmp/www && echo fine >index.html; \
                         exec httpd -f -p 8000'],
                         environment: {LEVEL: 7, TOKEN: {secret: 'API_TOKEN'}}, init: true, restart: 'unless-stopped',
                         cap-add: ['NET_ADMIN'],
                         mounts: [{directory: 'home:logs', to: '/logs', read-only: true}, {volume: '%s', to: '/spool'}],
                         networks: [{network: '%s', aliases: ['api', 'api-v6']}], publish: ['127.0.0.1:%d:8000'],
                         health: {http: 'service', path: '/index.html'}}"""
                        .formatted(name, docker.named("spool"), network, port))
                .resource("service", "{kind: 'http', url: 'http://127.0.0.1:" + port + "'}");

        world.run();

        assertThat(TestDocker.docker("logs", name)).isEqualTo("7 hush-hush");
        assertThat(TestDocker.state(name, ".HostConfig.RestartPolicy.Name")).isEqualTo("unless-stopped");
        assertThat(TestDocker.state(name, ".HostConfig.CapAdd")).contains("NET_ADMIN");
        assertThat(TestDocker.docker("exec", name, "grep", "-E", " /(logs|spool) ", "/proc/mounts")).contains("/logs")
                .contains("/spool")
                .contains(" ro,");
        assertThat(TestDocker.docker("run", "--rm", "--network", network, "busybox:1", "wget", "-qO-",
                "http://api-v6:8000/index.html")).isEqualTo("fine");
        assertThat(filesWith(world.state().root(), "hush-hush")).isEmpty();
        assertThat(logs).isEmptyDirectory();
    }

    @Test
    void a_capability_that_there_is_none_of_is_named() {
        world.spec("{container: 'engine:%s', %s, cap-add: ['NET_ADMIM']}".formatted(name, TestDocker.IDLE));

        assertThatThrownBy(world::run).hasMessageContaining("'NET_ADMIM' is no capability");
    }

    @Test
    void a_container_that_ends_while_it_starts_is_reported_with_exit_code_and_last_words_without_secrets() {
        world.secret("API_TOKEN", "hush-hush").spec("""
                {container: 'engine:%s', image: 'busybox:1', environment: {TOKEN: {secret: 'API_TOKEN'}},
                 command: ['sh', '-c', 'echo cannot reach the database with $TOKEN >&2; exit 3']}""".formatted(name));

        assertThatThrownBy(world::run).hasMessageContaining("ended while it started, with exit code 3")
                .hasMessageContaining("cannot reach the database with [secret API_TOKEN]");

        world.undo();
        assertThat(TestDocker.exists(name)).isFalse();
    }

    @Test
    void a_container_that_the_engine_starts_again_and_again_has_ended_too() {
        world.spec("{container: 'engine:%s', image: 'busybox:1', restart: 'always', command: ['sh', '-c', 'exit 4']}"
                .formatted(name));

        // What it ended with cannot be seen any more where the next start is seen first.
        assertThatThrownBy(world::run).hasMessageMatching(
                "(?s).*ended while it started, (with exit code 4|and the engine has started it again).*");
    }

    @Test
    void a_container_that_does_not_become_healthy_in_time_is_reported() {
        world.spec("""
                {container: 'engine:%s', image: 'busybox:1', command: ['sh', '-c', 'echo loading; sleep 1000'],
                 health: {command: ['false'], within: '1s'}}""".formatted(name));

        assertThatThrownBy(world::run).hasMessageContaining("'false' did not succeed in it within 1s")
                .hasMessageContaining("loading");
    }

    @Test
    void a_program_that_the_image_does_not_have_is_reported() {
        world.spec("{container: 'engine:%s', image: 'busybox:1', command: ['no-such-program']}".formatted(name));

        assertThatThrownBy(world::run).hasMessageContaining("no-such-program")
                .hasMessageContaining("correct its command");
    }

    @Test
    void a_taken_name_a_missing_image_and_a_missing_network_are_refused_and_nothing_is_made() {
        world.spec("{container: 'engine:%s', image: 'no-such-image:7'}".formatted(name));
        assertThatThrownBy(world::run).hasMessageContaining("the engine has no image no-such-image:7");

        world.spec("{container: 'engine:%s', image: 'busybox:1', networks: [{network: 'no-such'}]}".formatted(name));
        assertThatThrownBy(world::run).hasMessageContaining("there is no network no-such");
        assertThat(TestDocker.exists(name)).isFalse();

        String foreign = docker.start("api", "busybox:1", "sleep", "1000");
        world.spec("{container: 'engine:%s', %s}".formatted(name, TestDocker.IDLE));
        assertThatThrownBy(world::run).hasMessageContaining("which this step has not made");
        assertThat(world.preview().changes()).anyMatch(line -> line.contains("must be gone by then"));

        world.undo();
        assertThat(TestDocker.state(name, ".Id")).isEqualTo(foreign);
        assertThat(TestDocker.runs(name)).isTrue();
    }

    @Test
    void a_container_that_waits_for_its_next_start_does_not_pass_for_one_that_runs() throws Exception {
        world.spec("{container: 'engine:%s', image: 'busybox:1', restart: 'unless-stopped', command: ['sh', '-c', %s]}"
                .formatted(name, "'echo no licence; exit 9'"));
        assertThatThrownBy(world::run).hasMessageContaining("ended while it started");
        TestDocker.await("the engine waits for longer than a second",
                () -> Integer.parseInt(TestDocker.state(name, ".RestartCount")) >= 6
                        && TestDocker.state(name, ".State.Status").equals("restarting"));

        assertThatThrownBy(world::run).hasMessageContaining("ended while it started")
                .hasMessageContaining("no licence");
    }

    @Test
    void a_service_that_is_asked_until_it_answers_is_opened_once() throws Exception {
        int port = FreePort.next();
        world.secret("TOKEN", "hush")
                .resource("service", "{kind: 'http', url: 'http://127.0.0.1:" + port
                        + "', headers: {x-token: {secret: 'TOKEN'}}}")
                .spec("""
                        {container: 'engine:%s', image: 'busybox:1', publish: ['127.0.0.1:%d:8000'], init: true,
                         command: ['sh', '-c', 'sleep 1; cd /tmp; echo fine >index.html; exec httpd -f -p 8000'],
                         health: {http: 'service', path: '/index.html'}}""".formatted(name, port));

        world.run();

        assertThat(world.secretsRead()).containsExactly("TOKEN");
    }

    @Test
    void a_port_that_is_taken_is_reported() throws Exception {
        try (ServerSocket holder = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            world.spec("{container: 'engine:%s', publish: ['127.0.0.1:%d:80'], %s}".formatted(name,
                    holder.getLocalPort(), TestDocker.IDLE));

            assertThatThrownBy(world::run).hasMessageContaining("stop what holds the port");
        }
        world.run();
        assertThat(TestDocker.runs(name)).isTrue();
    }

    @Test
    void a_container_that_someone_has_removed_meanwhile_is_made_anew() {
        world.spec("{container: 'engine:%s', %s}".formatted(name, TestDocker.IDLE));
        world.run();
        TestDocker.docker("rm", "-f", name);

        world.run();

        assertThat(TestDocker.runs(name)).isTrue();
    }

    @Test
    void undo_finds_its_container_under_another_name_and_keeps_what_it_wrote_to_volumes() throws Exception {
        world.spec("{container: 'engine:%s', image: 'redis:7', health: {command: ['redis-cli', 'ping']}}"
                .formatted(name));
        world.run();
        TestDocker.docker("exec", name, "sh", "-c", "echo mine >/data/kept");
        TestDocker.docker("rename", name, docker.named("other"));

        UndoResult result = world.undo();

        assertThat(TestDocker.exists(docker.named("other"))).isFalse();
        assertThat(result.setAside()).singleElement()
                .satisfies(kept -> assertThat(kept.what()).contains("/data"))
                .satisfies(kept -> assertThat(Path.of(kept.where()).resolve("kept")).hasContent("mine"));
        TestDocker.docker("volume", "rm", Path.of(result.setAside().getFirst().where())
                .getParent()
                .getFileName()
                .toString());
    }

    @Test
    void an_engine_that_is_not_there_is_reported() {
        world.resource("engine", "{kind: 'docker', host: 'unix:///no/such/docker.sock'}")
                .spec("{container: 'engine:api', image: 'busybox:1'}");

        assertThatThrownBy(world::run).hasMessageContaining("unix:///no/such/docker.sock")
                .hasMessageContaining("cannot be reached");
    }

    @Test
    void the_preview_says_what_would_be_made_and_what_is_missing() {
        world.spec("{container: 'engine:%s', image: 'parking-api:6', networks: [{network: 'no-such'}]}"
                .formatted(name));

        PreviewResult preview = world.preview();

        assertThat(preview.changes()).containsExactly("would make and start the container " + name
                + " from parking-api:6", "the engine has no image parking-api:6 now, and must have it by then",
                "there is no network no-such now, and must be by then");
        assertThat(preview.makes()).extracting(Object::toString).isEqualTo(List.of("engine:" + name));
        assertThat(world.madeBy("engine:parking-api:6", "build").preview().changes()).hasSize(2);
    }

    private static List<Path> filesWith(Path directory, String text) throws Exception {
        try (Stream<Path> files = Files.walk(directory)) {
            List<Path> found = new ArrayList<>();
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (Files.readString(file).contains(text)) {
                    found.add(file);
                }
            }
            return found;
        }
    }
}
