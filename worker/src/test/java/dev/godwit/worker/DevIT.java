package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.activities.host.Needed;
import dev.godwit.run.TemporalConnection;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowOptions;
import io.temporal.serviceclient.WorkflowServiceStubs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code godwit dev}, as people start and stop it. */
class DevIT {
    private static final Pattern ADDRESS = Pattern.compile("Temporal .*?at (127\\.0\\.0\\.1:\\d+)");
    private static final Pattern UI = Pattern.compile("UI at (http://127\\.0\\.0\\.1:\\d+)");

    @TempDir
    private Path directory;

    private final List<Dev> started = new ArrayList<>();

    @AfterEach
    void stopAll() throws Exception {
        for (Dev dev : started) {
            dev.process.descendants().forEach(ProcessHandle::destroyForcibly);
            dev.process.destroyForcibly().waitFor();
        }
    }

    @Test
    void ctrl_c_leaves_no_process_and_the_next_start_remembers_the_runs() throws Exception {
        Dev first = dev("--port", "0").ready();
        assertThat(LicensePlate.get(URI.create(first.found(UI))).statusCode()).isEqualTo(200);
        String run = start(first.address());
        List<ProcessHandle> processes = first.process.descendants().toList();
        assertThat(processes).isNotEmpty();

        first.signal("INT");

        assertThat(first.process.waitFor(90, TimeUnit.SECONDS)).as(first.said()).isTrue();
        Until.seen("all processes are gone", () -> processes.stream().noneMatch(ProcessHandle::isAlive));
        assertThat(first.said()).doesNotContain("ERROR", "Exception", "ended");

        Dev second = dev("--port", "0").ready();
        assertThat(statusOf(second.address(), run))
                .isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING);
    }

    @Test
    void killed_it_takes_its_temporal_along_and_the_same_port_can_be_used_again() throws Exception {
        String port = String.valueOf(EmbeddedTemporal.freePort());
        String uiPort = String.valueOf(EmbeddedTemporal.freePort());
        Dev first = dev("--port", port, "--ui-port", uiPort).ready();
        List<ProcessHandle> processes = first.process.descendants().toList();

        first.process.destroyForcibly().waitFor();

        Until.seen("all processes are gone", () -> processes.stream().noneMatch(ProcessHandle::isAlive));
        assertThat(dev("--port", port, "--ui-port", uiPort).ready().address()).isEqualTo("127.0.0.1:" + port);
    }

    @Test
    void a_temporal_that_dies_is_told_and_ends_it() throws Exception {
        Dev dev = dev("--port", "0").ready();

        dev.process.descendants()
                .filter(process -> process.info().command().orElse("").endsWith("/temporal"))
                .forEach(ProcessHandle::destroyForcibly);

        assertThat(dev.process.waitFor(60, TimeUnit.SECONDS)).as(dev.said()).isTrue();
        assertThat(dev.process.exitValue()).isEqualTo(1);
        assertThat(dev.said()).contains("Temporal has ended (exit code 137)", "temporal.log", "next 'godwit dev'");
    }

    @Test
    void what_keeps_temporal_from_starting_is_told_with_the_remedy() throws Exception {
        Needed.part(OnPath.find("temporal").isPresent(), TemporalCli.WANTED + " on PATH");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            String port = String.valueOf(taken.getLocalPort());
            assertThat(dev("--port", port).failed()).contains("127.0.0.1:" + port, "--port takes another port");
            assertThat(dev("--port", "0", "--ui-port", port).failed()).contains("Temporal's UI", port,
                    "--ui-port takes another port");
        }
        Files.createDirectories(state());
        Files.writeString(state().resolve("temporal.db"), "this is no database, and long enough to be none");
        assertThat(dev("--port", "0").failed()).contains("Temporal does not start", "not a database", "temporal.log");
    }

    @Test
    void two_never_share_a_database() throws Exception {
        dev("--port", "0").ready();

        assertThat(dev("--port", "0").failed()).contains("another 'godwit dev'", state() + "/temporal.db", "--state");
    }

    @Test
    void without_the_temporal_cli_it_is_embedded_and_says_what_is_missing() throws Exception {
        Path programs = Files.createDirectories(directory.resolve("bin"));
        Dev dev = new Dev(List.of("--port", "0"), Optional.of(programs)).ready();

        assertThat(dev.said()).contains("Temporal (embedded) at 127.0.0.1:", "'temporal' is not on PATH", "no UI",
                "no schedules", "no lists", "forgets");
        assertThat(start(dev.address())).isNotEmpty();
        assertThat(state().resolve("temporal.db")).doesNotExist();
    }

    private Path state() {
        return directory.resolve("state");
    }

    private Dev dev(String... options) throws IOException {
        Needed.part(OnPath.find("temporal").isPresent(), TemporalCli.WANTED + " on PATH");
        return new Dev(List.of(options), Optional.empty());
    }

    /** Starts something that nobody does; its workflow id. */
    private static String start(String address) {
        return with(address, stubs -> {
            WorkflowClient.newInstance(stubs)
                    .newUntypedWorkflowStub("Any",
                            WorkflowOptions.newBuilder().setWorkflowId("kept").setTaskQueue("nobody").build())
                    .start();
            return "kept";
        });
    }

    private static WorkflowExecutionStatus statusOf(String address, String workflowId) {
        return with(address, stubs -> stubs.blockingStub()
                .describeWorkflowExecution(DescribeWorkflowExecutionRequest.newBuilder()
                        .setNamespace("default")
                        .setExecution(WorkflowExecution.newBuilder().setWorkflowId(workflowId))
                        .build())
                .getWorkflowExecutionInfo()
                .getStatus());
    }

    private static <T> T with(String address, Function<WorkflowServiceStubs, T> use) {
        WorkflowServiceStubs stubs = TemporalConnection.at(address).connect(Duration.ofSeconds(10));
        try {
            return use.apply(stubs);
        } finally {
            stubs.shutdownNow();
        }
    }

    /** One that was started; it has a process group of its own, as in a terminal. */
    private final class Dev {
        private final Path said;
        private final Process process;

        private Dev(List<String> options, Optional<Path> path) throws IOException {
            said = directory.resolve("dev-" + started.size() + ".log");
            List<String> command = new ArrayList<>(List.of("setsid", Site.JAVA, "-Xmx512m"));
            command.addAll(ClassArchive.program("worker"));
            command.addAll(List.of("dev", "--state", state().toString()));
            command.addAll(options);
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(said.toFile());
            // Neither may turn it away from its own Temporal.
            builder.environment().put("TEMPORAL_ADDRESS", "127.0.0.1:1");
            builder.environment().put("TEMPORAL_NAMESPACE", "elsewhere");
            path.ifPresent(programs -> builder.environment().put("PATH", programs.toString()));
            process = builder.start();
            started.add(this);
        }

        Dev ready() throws Exception {
            Until.seen("dev is ready; see " + said, () -> {
                if (!process.isAlive()) {
                    throw new AssertionError("dev ended: " + said());
                }
                return said().contains("godwit start PLAN");
            });
            return this;
        }

        /** What it says when it cannot start. */
        String failed() throws Exception {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(said()).isTrue();
            assertThat(process.exitValue()).as(said()).isEqualTo(1);
            try (Stream<ProcessHandle> left = process.descendants()) {
                assertThat(left).isEmpty();
            }
            assertThat(said()).doesNotContain("\tat ");
            return said();
        }

        String address() throws IOException {
            return found(ADDRESS);
        }

        String found(Pattern what) throws IOException {
            Matcher matcher = what.matcher(said());
            assertThat(matcher.find()).as(said()).isTrue();
            return matcher.group(1);
        }

        String said() throws IOException {
            return Files.readString(said);
        }

        /** As a terminal does: to all of the process group. */
        void signal(String name) throws Exception {
            assertThat(new ProcessBuilder("kill", "-" + name, "--", "-" + process.pid()).start().waitFor()).isZero();
        }
    }
}
