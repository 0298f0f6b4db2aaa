package dev.godwit.worker;

import dev.godwit.cli.ExitCode;
import dev.godwit.run.TemporalConnection;
import dev.godwit.step.StepFailure;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;
import picocli.CommandLine;

/** The commands of {@code godwit} that need the step types; the others are the starter's. */
@Command(name = "godwit", mixinStandardHelpOptions = true, version = "godwit 0.1.0", subcommands = {WorkerCommand.class,
        DevCommand.class, DemoCommand.class, CheckCommand.class,
        StepsCommand.class, DoctorCommand.class})
public final class GodwitWorker {
    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show stack traces.")
    private boolean debug;

    private GodwitWorker() {}

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        GodwitWorker root = new GodwitWorker();
        IExecutionExceptionHandler failures = (failure, command, parsed) -> root.report(failure, command);
        return new CommandLine(root).setExecutionExceptionHandler(failures)
                .setParameterExceptionHandler((misuse, given) -> misused(misuse))
                .setCaseInsensitiveEnumValuesAllowed(true);
    }

    /** As the starter says it: what is wrong, and the form in a few lines; the rest is under {@code --help}. */
    private static int misused(ParameterException misuse) {
        CommandLine command = misuse.getCommandLine();
        command.getErr().println("godwit: " + misuse.getMessage().replaceFirst("^Error: ", ""));
        if (!UnmatchedArgumentException.printSuggestions(misuse, command.getErr())) {
            command.getErr().println("Usage: " + command.getHelp().synopsis(0).strip());
        }
        return ExitCode.USAGE;
    }

    private int report(Exception failure, CommandLine command) {
        command.getErr().println("godwit: " + rootMessage(failure));
        if (debug) {
            failure.printStackTrace(command.getErr());
        }
        return unreachable(failure) ? ExitCode.UNREACHABLE : ExitCode.FAILED;
    }

    private static boolean unreachable(Throwable failure) {
        return failure != null
                && (failure instanceof TemporalConnection.Unreachable || unreachable(failure.getCause()));
    }

    /** The message that says most: Godwit's own, if there is one among the causes. */
    private static String rootMessage(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof TemporalConnection.Unreachable || cause instanceof StepFailure) {
                return cause.getMessage();
            }
        }
        List<String> lines = String.valueOf(failure.getMessage()).lines().toList();
        return lines.isEmpty() ? failure.toString() : String.join("\n", lines);
    }
}
