package dev.godwit.starter;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.cli.ExitCode;
import dev.godwit.plan.NearestName;
import dev.godwit.report.Words;
import dev.godwit.run.Message;
import dev.godwit.run.RollbackScope;
import dev.godwit.run.RunRequest.RollbackOf;
import dev.godwit.run.RunState;
import dev.godwit.run.Verb;
import dev.godwit.starter.Temporal.NoAnswer;
import dev.godwit.step.StepKind;
import io.temporal.client.WorkflowExecutionAlreadyStarted;
import io.temporal.client.WorkflowExecutionDescription;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

@Command(name = "rollback", description = "Take back what a run did, all or a part, also after it has ended.")
final class RollbackCommand extends MessageCommand {
    @ArgGroup(exclusive = true)
    private Part part = new Part();

    @Option(names = "--preview", description = "change nothing; say what would be undone, and what could be lost")
    private boolean preview;

    private static final class Part {
        @Option(names = "--to", paramLabel = "PHASE", description = "keep this phase and those before it")
        private String to;

        @Option(names = "--only", paramLabel = "KIND,...", converter = Kinds.Reader.class, description = "take back only steps of these kinds: ${COMPLETION-CANDIDATES}", completionCandidates = Kinds.Names.class)
        private Kinds only = new Kinds(List.of());
    }

    /** A type of its own, since picocli shows an option for a list twice. */
    private record Kinds(List<StepKind> list) {

        private static List<String> names() {
            return Arrays.stream(StepKind.values()).map(Words::of).toList();
        }

        private static final class Names extends ArrayList<String> {
            private static final long serialVersionUID = 1L;

            Names() {
                super(names());
            }
        }

        private static final class Reader implements ITypeConverter<Kinds> {
            @Override
            public Kinds convert(String text) {
                return new Kinds(Stream.of(text.split(",")).map(Reader::kind).toList());
            }

            private static StepKind kind(String name) {
                if (!names().contains(name.toLowerCase(Locale.ROOT))) {
                    throw new TypeConversionException("'" + name + "' is no kind" + NearestName.hint(name, names())
                            + "; there are " + String.join(", ", names()));
                }
                return StepKind.valueOf(name.toUpperCase(Locale.ROOT));
            }
        }
    }

    @Override
    public Integer call() {
        RollbackScope scope = new RollbackScope(Optional.ofNullable(part.to), part.only.list());
        try (Temporal temporal = godwit().connect()) {
            String workflowId = temporal.find(run());
            WorkflowExecutionDescription known = temporal.describe(workflowId).orElseThrow();
            return new KnownRun(known).underWay()
                    ? ask(temporal, workflowId, scope)
                    : start(temporal, known, scope);
        }
    }

    private int ask(Temporal temporal, String workflowId, RollbackScope scope) {
        Message message = new Message(by(), reason(), Optional.of(scope), preview, Optional.empty(), Optional.empty());
        Delivery delivery = Delivery.of(temporal, workflowId, Verb.ROLLBACK, message, console());
        if (json()) {
            console().document(delivery.document(workflowId));
        } else {
            console().result(delivery.answer().text()
                    + delivery.answer().rollback().map(RollbackText::of).orElse("")
                    + (preview ? "" : follow(workflowId)));
        }
        return ExitCode.DONE;
    }

    /** A run that has ended is taken back by another one under the same id, from the ledger that it left. */
    private int start(Temporal temporal, WorkflowExecutionDescription known, RollbackScope scope) {
        String workflowId = known.getExecution().getWorkflowId();
        requireSomethingLeft(temporal, known);
        Start start = Start.rollback(workflowId, new RollbackOf(Temporal.firstRunId(known), scope, preview, reason()),
                by());
        try {
            console().say("the run " + workflowId + " has ended (" + temporal.ended(known) + "); "
                    + (preview ? "asking" : "working") + " from what it left");
            temporal.start(start.workflowId(), start.request());
        } catch (WorkflowExecutionAlreadyStarted e) {
            throw CommandFailure.refused("a run of this target has begun meanwhile: " + start.workflowId()
                    + "; see 'godwit status " + Shell.quoted(start.workflowId()) + "'");
        }
        return preview
                ? Ending.preview(temporal, start.workflowId(), this)
                : Ending.rollback(temporal, start.workflowId(), this);
    }

    /** Who says it twice need not see the run fail that would find nothing. */
    private static void requireSomethingLeft(Temporal temporal, WorkflowExecutionDescription known) {
        if (temporal.end(known).filter(end -> end.state() == RunState.ROLLED_BACK).isEmpty()) {
            return;
        }
        String workflowId = known.getExecution().getWorkflowId();
        try {
            JsonNode ledger = temporal.ask(workflowId, "ledger", JsonNode.class);
            if (StreamSupport.stream(ledger.spliterator(), false)
                    .noneMatch(entry -> entry.path("undoable").asBoolean())) {
                throw CommandFailure.refused("the run " + workflowId + " has ended (" + temporal.ended(known)
                        + "), and nothing is left that could be taken back");
            }
        } catch (NoAnswer e) {
            // The run that works from what it left finds out.
            return;
        }
    }
}
