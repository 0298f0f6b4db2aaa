package dev.godwit.starter;

import dev.godwit.cli.ExitCode;
import dev.godwit.cli.Output;
import dev.godwit.plan.NearestName;
import dev.godwit.run.TemporalConnection;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;
import picocli.CommandLine;

/** The command line. It talks to Temporal and nothing else; what needs step types is handed to the worker. */
@Command(name = "godwit", mixinStandardHelpOptions = true, versionProvider = Version.class, description = "Durable migrations: plans that run, resume, prove and roll back.", subcommands = {
        StartCommand.class, StatusCommand.class, WatchCommand.class, ReportCommand.class, ScheduleCommand.class,
        RollbackCommand.class}, synopsisSubcommandLabel = "COMMAND", commandListHeading = "%nRuns:%n", footer = {
                "",
                "Plans and machines:",
                "  check     Find every fault of a plan, with file and line.",
                "  steps     Show the step types, their fields and an example of each.",
                "  demo      Migrate a throwaway example system; name the reports.",
                "  dev       Run Temporal and a worker on this machine until Ctrl-C.",
                "  worker    Run a worker.",
                "  doctor    Show what this machine has and lacks.",
                "",
                "A RUN is a workflow id, PLAN/TARGET, or any unambiguous start of it; with an",
                "embedded Temporal, which cannot list runs, it is the whole id.",
                "Temporal: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE or a profile of temporal.toml;",
                "without them 127.0.0.1:7233, namespace default.",
                "",
                "Exit codes: 0 done as asked, 1 the run failed, 2 bad usage or an invalid plan,",
                "3 the run was rolled back, 4 it waits for a person, 5 Temporal cannot be reached."})
public final class Godwit implements Runnable {
    /** gRPC tells with stack traces what the commands tell in words. Held, so that it is not collected. */
    private static final Logger GRPC = Logger.getLogger("io.grpc");

    private final Map<String, String> environment;
    private final Console console;

    @Spec
    private CommandSpec spec;

    Godwit(Map<String, String> environment, Console console) {
        this.environment = environment;
        this.console = console;
    }

    public static void main(String[] arguments) {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(System.err, false, StandardCharsets.UTF_8);
        System.exit(run(System.getenv(), out, err, arguments));
    }

    /** Does what the arguments say, and answers the exit code. */
    static int run(Map<String, String> environment, PrintStream out, PrintStream err, String... arguments) {
        GRPC.setLevel(List.of(arguments).contains("--debug") ? Level.WARNING : Level.OFF);
        Console console = new Console(out, err);
        return commandLine(environment, console).setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .setParameterExceptionHandler((e, given) -> misused(console, e, given))
                .setExecutionExceptionHandler((e, command, parsed) -> failed(console, e, command.getCommand()))
                .execute(arguments);
    }

    /** All commands. */
    static CommandLine commandLine(Map<String, String> environment, Console console) {
        CommandLine godwit = new CommandLine(new Godwit(environment, console));
        VerbCommand.addAll(godwit);
        return godwit;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "which command? 'godwit --help' shows them all");
    }

    Map<String, String> environment() {
        return environment;
    }

    Console console() {
        return console;
    }

    /** A connection to Temporal; the caller closes it. */
    Temporal connect() {
        TemporalConnection connection;
        try {
            connection = TemporalConnection.load(environment);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e.getMessage());
        }
        return Temporal.connect(connection);
    }

    private static int misused(Console console, ParameterException e, String... given) {
        boolean json = String.join(" ", given).matches(".*--output[ =]json.*");
        CommandLine command = e.getCommandLine();
        if (command.getParent() == null && given.length > 0 && !given[0].startsWith("-")) {
            String unknown = "there is no command '" + given[0] + "'" + NearestName.hint(given[0], commands(command));
            console.failed(CommandFailure.usage(unknown), json ? Output.JSON : Output.TEXT);
            return ExitCode.USAGE;
        }
        console.failed(CommandFailure.usage(e.getMessage()), json ? Output.JSON : Output.TEXT);
        if (!UnmatchedArgumentException.printSuggestions(e, command.getErr())) {
            console.say("Usage: " + command.getHelp().synopsis(0).strip());
        }
        return ExitCode.USAGE;
    }

    /** Those that the launcher hands to the worker too. */
    private static List<String> commands(CommandLine root) {
        return Stream.concat(root.getSubcommands().keySet().stream(),
                Stream.of("check", "steps", "demo", "dev", "worker", "doctor")).toList();
    }

    private static int failed(Console console, Exception e, GodwitCommand command) {
        CommandFailure failure = explain(e);
        if (command.debug()) {
            e.printStackTrace();
        }
        console.failed(failure, command.output());
        return failure.exitCode();
    }

    private static CommandFailure explain(Exception e) {
        if (e instanceof CommandFailure failure) {
            return failure;
        }
        if (e instanceof TemporalConnection.Unreachable) {
            return CommandFailure.unreachable(e.getMessage(), e);
        }
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof StatusRuntimeException answer) {
                return explain(answer.getStatus(), e);
            }
        }
        return CommandFailure.refused(e + " (this is a fault of Godwit; --debug shows where)");
    }

    private static CommandFailure explain(Status answer, Exception e) {
        String said = "Temporal says: " + answer.getCode() + ", " + answer.getDescription();
        if (List.of(Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED).contains(answer.getCode())) {
            return CommandFailure.unreachable(said + "; is it still there?", e);
        }
        if (List.of(Status.Code.UNAUTHENTICATED, Status.Code.PERMISSION_DENIED).contains(answer.getCode())) {
            return CommandFailure.unreachable(said + "; see TEMPORAL_API_KEY and TEMPORAL_TLS_*", e);
        }
        if (answer.getCode() == Status.Code.NOT_FOUND && said.toLowerCase(Locale.ROOT).contains("namespace")) {
            return CommandFailure.unreachable(said + "; see TEMPORAL_NAMESPACE", e);
        }
        return CommandFailure.refused(said);
    }
}
