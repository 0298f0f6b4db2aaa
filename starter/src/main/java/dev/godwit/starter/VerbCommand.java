package dev.godwit.starter;

import dev.godwit.cli.ExitCode;
import dev.godwit.run.Message;
import dev.godwit.run.Verb;
import io.temporal.client.WorkflowExecutionDescription;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** A word for a run that is under way. The words differ in name and meaning only, and so are one class. */
@Command
class VerbCommand extends MessageCommand {
    private final Verb verb;

    private VerbCommand(Verb verb) {
        this.verb = verb;
    }

    /** Makes a command of each verb but {@code rollback}, which has more to say. */
    static void addAll(CommandLine godwit) {
        for (Verb verb : Verb.values()) {
            switch (verb) {
                case PAUSE -> add(godwit, new VerbCommand(verb),
                        "Stop a run at its next batch; nothing more begins.");
                case RESUME -> add(godwit, new VerbCommand(verb), "Go on after a pause, from where each step stopped.");
                case APPROVE -> add(godwit, new OfGate(verb), "Let the phase begin that waits for approval.");
                case REJECT -> add(godwit, new OfGate(verb),
                        "Say no to the phase that waits for approval, or to finalizing.");
                case RETRY -> add(godwit, new OfStep(verb), "Try once more what failed and waits for a decision.");
                case SKIP -> add(godwit, new OfStep(verb), "Go on without what failed and waits for a decision.");
                case FINALIZE -> add(godwit, new OfGate(verb), "Begin the irreversible last phase.");
                case ROLLBACK -> {
                    // RollbackCommand.
                }
            }
        }
    }

    private static void add(CommandLine godwit, VerbCommand command, String description) {
        CommandSpec spec = CommandSpec.forAnnotatedObject(command).name(command.verb.word());
        spec.usageMessage().description(description);
        godwit.addSubcommand(spec.name(), spec);
    }

    @Override
    public Integer call() {
        try (Temporal temporal = godwit().connect()) {
            String workflowId = temporal.find(run());
            WorkflowExecutionDescription known = temporal.describe(workflowId).orElseThrow();
            if (!new KnownRun(known).underWay()) {
                throw CommandFailure.refused("the run " + workflowId + " has ended (" + temporal.ended(known)
                        + "); there is nothing to " + verb.word()
                        + (verb == Verb.RETRY ? "; 'godwit start' begins a new one" : ""));
            }
            Message message = new Message(by(), reason(), Optional.empty(), false, gate(), step());
            Delivery delivery = Delivery.of(temporal, workflowId, verb, message, console());
            if (json()) {
                console().document(delivery.document(workflowId));
            } else {
                console().result(delivery.answer().text() + follow(workflowId));
            }
            return ExitCode.DONE;
        }
    }

    Optional<String> gate() {
        return Optional.empty();
    }

    Optional<String> step() {
        return Optional.empty();
    }

    /** A verb that answers a gate. */
    @Command
    static final class OfGate extends VerbCommand {
        @Option(names = "--gate", paramLabel = "PHASE", description = "the phase that is meant; default is the one that waits")
        private String gate;

        private OfGate(Verb verb) {
            super(verb);
        }

        @Override
        Optional<String> gate() {
            return Optional.ofNullable(gate);
        }
    }

    /** A verb that answers a failure. */
    @Command
    static final class OfStep extends VerbCommand {
        @Option(names = "--step", paramLabel = "STEP", description = "the step that is meant; default is the one that waits")
        private String step;

        private OfStep(Verb verb) {
            super(verb);
        }

        @Override
        Optional<String> step() {
            return Optional.ofNullable(step);
        }
    }
}
