package dev.godwit.starter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.godwit.cli.ExitCode;
import dev.godwit.run.Message;
import dev.godwit.run.Verb;
import io.temporal.client.WorkflowExecutionDescription;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

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
                case THROTTLE -> add(godwit, new OfRate(),
                        "Set how fast the steps of a run may be at most, or one of them, from now on.");
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
        Optional<JsonNode> rate = rate();
        try (Temporal temporal = godwit().connect()) {
            String workflowId = temporal.find(run());
            WorkflowExecutionDescription known = temporal.describe(workflowId).orElseThrow();
            if (!new KnownRun(known).underWay()) {
                throw CommandFailure.refused("the run " + workflowId + " has ended (" + temporal.ended(known)
                        + "); there is nothing to " + verb.word()
                        + (verb == Verb.RETRY ? "; 'godwit start' begins a new one" : ""));
            }
            Message message = new Message(by(), reason(), Optional.empty(), false, gate(), step(), rate);
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

    Optional<JsonNode> rate() {
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

    /** {@code throttle}. */
    @Command
    static final class OfRate extends VerbCommand {
        private static final String NONE = "none";

        @Option(names = "--rate", paramLabel = "N|none", required = true, description = "at most so many rows, documents or bytes a second, as the step counts its progress; 0 stands still, none lifts it")
        private String rate;

        @Option(names = "--step", paramLabel = "STEP", description = "the step that is meant; default is all of them")
        private String step;

        @Spec
        private CommandSpec spec;

        private OfRate() {
            super(Verb.THROTTLE);
        }

        @Override
        Optional<String> step() {
            return Optional.ofNullable(step);
        }

        @Override
        Optional<JsonNode> rate() {
            if (rate.equals(NONE)) {
                return Optional.of(NullNode.instance);
            }
            if (!rate.matches("\\d{1,18}")) {
                throw new ParameterException(spec.commandLine(), "--rate is a whole number of 0 or more, or '" + NONE
                        + "', and not '" + rate + "'");
            }
            return Optional.of(LongNode.valueOf(Long.parseLong(rate)));
        }
    }
}
