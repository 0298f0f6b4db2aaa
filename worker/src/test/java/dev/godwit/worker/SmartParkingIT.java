package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.godwit.activities.host.Needed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Webhooks move from version 5 to version 6 and back while devices send: {@code examples/smart-parking/plan.yaml}. */
class SmartParkingIT {
    private static final Path EXAMPLE = Site.GODWIT.resolve("examples/smart-parking");

    @TempDir
    private Path directory;

    private final String name = "godwit-it-" + ProcessHandle.current().pid();
    private Site site;

    @BeforeEach
    void system() throws Exception {
        Needed.docker("python:3.11-slim", "postgres:15", "redis:7");
        run(EXAMPLE.resolve("start"), home(), "--name", name, "--rate", "50", "--devices", "20");
        site = new Site(directory, withSecrets(Temporal.embedded()));
        site.startWorker();
    }

    @AfterEach
    void stop() throws Exception {
        if (site != null) {
            site.close();
        }
        if (Files.exists(directory.resolve("system/parameters"))) {
            run(EXAMPLE.resolve("stop"), home());
        }
    }

    @Test
    void no_uplink_is_lost_on_the_way_to_version_6_and_back_and_there_again_for_good() throws Exception {
        Answer there = site.begin(start()).await(10);
        assertThat(there.exit()).as(there.err()).isEqualTo(4);
        assertThat(containersWithAlias()).containsExactly(name + "-api-v6");
        assertThat(Files.readString(directory.resolve("system/reports/STATUS.md"))).contains("0 lost",
                "58A0CB00001196F3");

        Answer back = site.godwit("rollback", id());
        assertThat(back.exit()).as(back.err()).isZero();
        Answer rolledBack = site.godwit("watch", id(), "--output", "json");
        assertThat(rolledBack.exit()).as(rolledBack.err()).isEqualTo(3);
        assertThat(containersWithAlias()).containsExactly(name + "-api");
        assertThat(docker("ps", "-a", "--format", "{{.Names}}")).doesNotContain(name + "-api-v6");

        Answer again = site.begin(start()).await(10);
        assertThat(again.exit()).as(again.err()).isEqualTo(4);
        Answer finalized = site.godwit("finalize", id());
        assertThat(finalized.exit()).as(finalized.err()).isZero();
        Answer done = site.godwit("watch", id(), "--output", "json");
        assertThat(done.exit()).as(done.err()).isZero();
        assertThat(docker("ps", "-a", "--format", "{{.Names}}")).contains(name + "-api-v6")
                .doesNotContain(name + "-api");
        assertThat(docker("images", "--format", "{{.Repository}}:{{.Tag}}")).contains(name + "-api:6")
                .doesNotContain(name + "-api:5");

        JsonNode account = new ObjectMapper().readTree(run(EXAMPLE.resolve("account"), home()));
        assertThat(account.get("failed").asInt()).as(account.toPrettyString()).isZero();
        assertThat(account.get("lost").asInt()).as(account.toPrettyString()).isZero();
        assertThat(account.get("unknown").asInt()).as(account.toPrettyString()).isZero();
        assertThat(account.get("only_in_v5").asInt()).isPositive();
        assertThat(account.get("only_in_v6").asInt()).isPositive();
    }

    private List<String> start() throws Exception {
        List<String> command = new ArrayList<>(
                List.of("start", EXAMPLE.resolve("plan.yaml").toString(), "--output", "json"));
        List<String> parameters = new ArrayList<>(Files.readAllLines(directory.resolve("system/parameters")));
        parameters.addAll(List.of("first_watch=1s", "second_watch=1s", "third_watch=1s", "look=1s"));
        // How fast this machine is today is not what is tested.
        parameters.addAll(List.of("webhook_limit=10000", "query_limit=10000"));
        parameters.forEach(parameter -> command.addAll(List.of("--param", parameter)));
        return command;
    }

    private String id() {
        return "smart-parking-v6/" + name;
    }

    private String home() {
        return directory.resolve("system").toString();
    }

    private List<String> containersWithAlias() throws Exception {
        List<String> having = new ArrayList<>();
        for (String container : docker("ps", "--format", "{{.Names}}", "--filter", "network=" + name + "-network")) {
            String networks = String.join("", docker("inspect", "-f", "{{json .NetworkSettings.Networks}}", container));
            if (new ObjectMapper().readTree(networks)
                    .at("/" + name + "-network/Aliases")
                    .toString()
                    .contains("\"api\"")) {
                having.add(container);
            }
        }
        return having;
    }

    private List<String> docker(String... arguments) throws Exception {
        return run(Path.of("docker"), arguments).lines().toList();
    }

    private String run(Path program, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        Path out = Files.createTempFile(directory, "command", ".out");
        Path err = Files.createTempFile(directory, "command", ".err");
        Process process = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        if (!process.waitFor(5, TimeUnit.MINUTES)) {
            process.destroyForcibly().waitFor();
        }
        assertThat(process.exitValue()).as(command + ": " + Files.readString(out) + Files.readString(err)).isZero();
        return Files.readString(out);
    }

    private Temporal withSecrets(Temporal temporal) {
        return new Temporal() {
            @Override
            public String address() {
                return temporal.address();
            }

            @Override
            public Map<String, String> environment() {
                Map<String, String> environment = new HashMap<>(temporal.environment());
                environment.put("GODWIT_SECRETS_DIR", directory.resolve("system/secrets").toString());
                return environment;
            }

            @Override
            public void close() {
                temporal.close();
            }
        };
    }
}
