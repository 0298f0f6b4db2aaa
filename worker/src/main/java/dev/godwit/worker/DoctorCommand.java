package dev.godwit.worker;

import dev.godwit.activities.resource.DockerKind;
import dev.godwit.cli.ExitCode;
import dev.godwit.cli.Output;
import dev.godwit.json.Json;
import dev.godwit.run.TemporalConnection;
import dev.godwit.step.StepFailure;
import io.grpc.StatusRuntimeException;
import io.temporal.serviceclient.WorkflowServiceStubs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What this machine has and lacks. */
@Command(name = "doctor", mixinStandardHelpOptions = true, description = "Says what this machine has and lacks.")
final class DoctorCommand implements Callable<Integer> {
    @Option(names = "--output", defaultValue = "text", description = "text or json. Default: ${DEFAULT-VALUE}.")
    private Output output;

    @Override
    public Integer call() {
        List<Finding> findings = new ArrayList<>();
        findings.add(new Finding("JDK", true, System.getProperty("java.runtime.version"), ""));
        findings.addAll(temporal());
        findings.add(state());
        findings.add(temporalCli());
        findings.add(tool("setsid", "processes that a plan starts outlive the worker's terminal"));
        findings.add(tool("pg_dump", "backup.postgres"));
        findings.add(tool("pg_restore", "restore.postgres, and backups that are verified by a restore"));
        findings.add(docker());
        if (output == Output.JSON) {
            System.out.print(Json.pretty(findings));
        } else {
            findings.forEach(System.out::println);
        }
        return ExitCode.DONE;
    }

    private static List<Finding> temporal() {
        TemporalConnection connection = TemporalConnection.load();
        WorkflowServiceStubs stubs;
        try {
            stubs = connection.connect(Duration.ofSeconds(3));
        } catch (TemporalConnection.Unreachable e) {
            return List.of(new Finding("Temporal", false, e.getMessage(),
                    "everything but check, steps, doctor, demo and dev"));
        }
        List<Finding> findings = new ArrayList<>();
        findings.add(new Finding("Temporal", true, "answers at " + connection.address(), ""));
        try {
            HeldBuilds.all(connection.client(stubs))
                    .forEach((build, runs) -> findings.add(new Finding("build " + build, true,
                            "must be up for " + HeldBuilds.describe(runs), "")));
        } catch (StatusRuntimeException e) {
            // The embedded server has neither builds nor lists.
        } finally {
            stubs.shutdownNow();
        }
        return findings;
    }

    /** Looks without making anything: what is not there yet is judged by the directory it would be made in. */
    private static Finding state() {
        Path state = Conventions.stateDirectory(Conventions.stateOfEnvironment());
        Path existing = state;
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        try {
            return new Finding("state directory", Files.isWritable(existing), state + ", "
                    + Files.getFileStore(existing).getUsableSpace() / 1_000_000 + " MB free", "a worker");
        } catch (IOException e) {
            return new Finding("state directory", false, state + ": " + e.getMessage(), "a worker");
        }
    }

    private static Finding temporalCli() {
        String name = "Temporal CLI";
        String neededFor = "a server in 'godwit dev' that keeps and lists runs, and has a UI and schedules";
        try {
            return TemporalCli.find()
                    .map(cli -> new Finding(name, true, cli.executable() + ", version " + cli.version() + ", server "
                            + cli.server(), neededFor))
                    .orElse(new Finding(name, false, "'temporal' is not on PATH; install " + TemporalCli.WANTED,
                            neededFor));
        } catch (StepFailure e) {
            return new Finding(name, false, e.getMessage(), neededFor);
        }
    }

    private static Finding docker() {
        String host = DockerKind.usualHost();
        String neededFor = "docker.run and its like";
        boolean socket = host.startsWith("unix://");
        if (socket && !Files.exists(Path.of(host.substring("unix://".length())))) {
            return new Finding("Docker", false, "no engine has made " + host, neededFor);
        }
        try {
            return new Finding("Docker", true, "version " + DockerKind.usual().version() + " answers at " + host, "");
        } catch (StepFailure e) {
            return new Finding("Docker", false, e.getMessage(), neededFor);
        }
    }

    private static Finding tool(String name, String neededFor) {
        return OnPath.find(name)
                .map(program -> new Finding(name, true, program.toString(), neededFor))
                .orElse(new Finding(name, false, "not on PATH", neededFor));
    }

    /**
     * Something that was looked for.
     *
     * @param name what
     * @param present whether it is there and usable
     * @param detail where, or why not
     * @param neededFor what cannot be done without it
     */
    record Finding(String name, boolean present, String detail, String neededFor) {
        @Override
        public String toString() {
            return (present ? "has    " : "lacks  ") + name + ": " + detail
                    + (present || neededFor.isEmpty() ? "" : " (needed for " + neededFor + ")");
        }
    }
}
