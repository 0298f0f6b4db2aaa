package dev.godwit.starter;

import dev.godwit.report.Words;
import dev.godwit.run.Payloads;
import dev.godwit.run.Progress;
import dev.godwit.run.RunOutcome;
import dev.godwit.run.RunRequest;
import dev.godwit.run.TaskQueues;
import dev.godwit.run.TemporalConnection;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.enums.v1.WorkflowIdConflictPolicy;
import io.temporal.api.enums.v1.WorkflowIdReusePolicy;
import io.temporal.api.failure.v1.Failure;
import io.temporal.api.workflow.v1.PendingActivityInfo;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowException;
import io.temporal.client.WorkflowExecutionAlreadyStarted;
import io.temporal.client.WorkflowExecutionDescription;
import io.temporal.client.WorkflowExecutionMetadata;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowNotFoundException;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.common.converter.DataConverterException;
import io.temporal.serviceclient.WorkflowServiceStubs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Temporal, as far as the commands need it. */
final class Temporal implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration QUERY_TIMEOUT = Duration.ofSeconds(3);
    private static final int LISTED = 200;

    private final TemporalConnection connection;
    private final WorkflowServiceStubs service;
    private final WorkflowClient client;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "deadlines");
        thread.setDaemon(true);
        return thread;
    });

    private Temporal(TemporalConnection connection, WorkflowServiceStubs service) {
        this.connection = connection;
        this.service = service;
        this.client = connection.client(service);
    }

    static Temporal connect(TemporalConnection connection) {
        return new Temporal(connection, connection.connect(CONNECT_TIMEOUT));
    }

    /** The latest execution under a workflow id. */
    WorkflowStub run(String workflowId) {
        return client.newUntypedWorkflowStub(workflowId);
    }

    /** Starts a run, unless one is under way under the same id; that one's execution is in the exception. */
    WorkflowExecution start(String workflowId, RunRequest request) throws WorkflowExecutionAlreadyStarted {
        WorkflowOptions options = WorkflowOptions.newBuilder()
                .setWorkflowId(workflowId)
                .setTaskQueue(TaskQueues.GODWIT)
                .setWorkflowIdReusePolicy(WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE)
                .setWorkflowIdConflictPolicy(WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_FAIL)
                .setStaticSummary(Start.summary(request))
                .build();
        return client.newUntypedWorkflowStub("Migration", options).start(request);
    }

    /** What Temporal itself knows of a run, without a worker. */
    Optional<WorkflowExecutionDescription> describe(String workflowId) {
        try {
            return Optional.of(run(workflowId).describe());
        } catch (WorkflowNotFoundException e) {
            return Optional.empty();
        } catch (WorkflowException e) {
            if (code(e) == Status.Code.NOT_FOUND && !said(e).toLowerCase(Locale.ROOT).contains("namespace")) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /**
     * The workflow id that someone means: the id itself, or the start of exactly one.
     *
     * @throws CommandFailure if there is none, or several
     */
    String find(String run) {
        if (describe(run).isPresent()) {
            return run;
        }
        String nothing = "there is no run '" + run + "' at " + connection.address() + ", namespace "
                + connection.namespace();
        Set<String> ids = new LinkedHashSet<>();
        try {
            list(" AND WorkflowId STARTS_WITH '" + run.replace("'", "''") + "'")
                    .forEach(found -> ids.add(found.getExecution().getWorkflowId()));
        } catch (CannotList e) {
            throw CommandFailure.refused(nothing + "; " + e.getMessage());
        }
        if (ids.size() > 1) {
            // Whoever names a target means its run and not one that only looked.
            ids.removeIf(Start::changesNothing);
        }
        if (ids.isEmpty()) {
            throw CommandFailure.refused(nothing + "; 'godwit status' shows them all");
        }
        if (ids.size() > 1) {
            throw CommandFailure.usage("'" + run + "' is the start of " + ids.size() + " runs; say which:\n  "
                    + String.join("\n  ", ids.stream().limit(10).toList()));
        }
        return ids.iterator().next();
    }

    /** How a run ended, in its own word: Temporal's {@code completed} may be a rollback. */
    String ended(WorkflowExecutionDescription known) {
        String state = known.getStatus() == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TERMINATED
                ? "terminated"
                : end(known).map(end -> end.state().word()).orElseGet(() -> new KnownRun(known).state());
        return state + (known.getCloseTime() == null ? "" : " at " + Words.of(known.getCloseTime()));
    }

    /** The end of a run that has ended; empty if it is of a kind that this build cannot read. */
    Optional<RunEnd> end(WorkflowExecutionDescription known) {
        String workflowId = known.getExecution().getWorkflowId();
        try {
            return Optional.of(RunEnd.of(workflowId,
                    within(QUERY_TIMEOUT, () -> run(workflowId).getResult(RunOutcome.class))));
        } catch (WorkflowFailedException e) {
            return Optional.of(RunEnd.of(e));
        } catch (DataConverterException e) {
            return Optional.empty();
        }
    }

    /** The run id under which a run's evidence lies, however often it continued as new. */
    static String firstRunId(WorkflowExecutionDescription known) {
        String first = known.getRawDescription().getWorkflowExecutionInfo().getFirstRunId();
        return first.isEmpty() ? known.getExecution().getRunId() : first;
    }

    /** Those that this Temporal starts by the clock. */
    Schedules schedules() {
        return new Schedules(this, connection.schedules(service));
    }

    /** The newest runs. */
    List<WorkflowExecutionMetadata> list() {
        return list("");
    }

    /** The newest runs that a schedule started. */
    List<WorkflowExecutionMetadata> startedBy(String schedule) {
        return list(" AND TemporalScheduledById = '" + schedule + "'");
    }

    private List<WorkflowExecutionMetadata> list(String condition) {
        try {
            return client.listExecutions("WorkflowType = 'Migration'" + condition).limit(LISTED).toList();
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.UNIMPLEMENTED) {
                throw new CannotList();
            }
            throw e;
        }
    }

    /**
     * Asks a run.
     *
     * @throws NoAnswer if no worker answers in time
     */
    <T> T ask(String workflowId, String question, Class<T> type) throws NoAnswer {
        try {
            return within(QUERY_TIMEOUT, () -> run(workflowId).query(question, type));
        } catch (WorkflowNotFoundException e) {
            throw e;
        } catch (WorkflowException e) {
            String why = timedOut(e) ? "within " + QUERY_TIMEOUT.toSeconds() + " s" : said(e);
            throw new NoAnswer(code(e) == Status.Code.UNAVAILABLE, why, e);
        }
    }

    /** A call that is given up after some time. */
    <T> T within(Duration time, Supplier<T> call) {
        try (Context.CancellableContext context = Context.current()
                .withDeadlineAfter(time.toMillis(),
                        TimeUnit.MILLISECONDS, clock)) {
            Context before = context.attach();
            try {
                return call.get();
            } finally {
                context.detach(before);
            }
        }
    }

    /** A server that says nothing of a heartbeat that did not come leaves the message empty. */
    private static String told(Failure failure) {
        return failure.getMessage().isBlank() ? "its worker was not heard from any more" : failure.getMessage();
    }

    /** The activities of a workflow that are under way, those that tell their progress. */
    List<Work> workOf(String workflowId) {
        List<Work> work = new ArrayList<>();
        describe(workflowId).ifPresent(description -> {
            for (PendingActivityInfo activity : description.getRawDescription().getPendingActivitiesList()) {
                Optional<String> failure = activity.hasLastFailure()
                        ? Optional.of(told(activity.getLastFailure()))
                        : Optional.empty();
                work.add(new Work(activity.getActivityType().getName(), progress(activity), activity.getAttempt(),
                        failure));
            }
        });
        return work;
    }

    /** A heartbeat is for display only, so one that cannot be read is none. */
    private static Optional<Progress> progress(PendingActivityInfo activity) {
        if (activity.getHeartbeatDetails().getPayloadsCount() == 0) {
            return Optional.empty();
        }
        try {
            return Optional.ofNullable(Payloads.converter()
                    .fromPayload(activity.getHeartbeatDetails().getPayloads(0), Progress.class, Progress.class));
        } catch (DataConverterException e) {
            return Optional.empty();
        }
    }

    /** Whether a call was given up because its time was over. */
    static boolean timedOut(Throwable e) {
        Status.Code code = code(e);
        return code == Status.Code.DEADLINE_EXCEEDED || code == Status.Code.CANCELLED;
    }

    static Status.Code code(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof StatusRuntimeException answer) {
                return answer.getStatus().getCode();
            }
        }
        return Status.Code.UNKNOWN;
    }

    static String said(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        // A worker that cannot answer sends its whole stack trace along.
        return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    }

    @Override
    public void close() {
        service.shutdownNow();
        clock.shutdownNow();
    }

    /**
     * An activity under way.
     *
     * @param type its activity type
     * @param progress what its heartbeat tells
     * @param attempt from 1
     * @param lastFailure why the attempt before failed
     */
    record Work(String type, Optional<Progress> progress, int attempt, Optional<String> lastFailure) {}

    /** No worker answers a question. */
    static final class NoAnswer extends Exception {
        private static final long serialVersionUID = 1L;

        private final boolean temporalAway;

        NoAnswer(boolean temporalAway, String why, Throwable cause) {
            super(why, cause);
            this.temporalAway = temporalAway;
        }

        /** Whether it is not the worker but Temporal that does not answer. */
        boolean temporalAway() {
            return temporalAway;
        }
    }

    /** This Temporal has no list of its workflows. */
    static final class CannotList extends RuntimeException {
        private static final long serialVersionUID = 1L;

        CannotList() {
            super("this Temporal server cannot list runs (the embedded one keeps no index): give the whole workflow id,"
                    + " PLAN/TARGET, or use a server that lists, such as 'temporal server start-dev'");
        }
    }
}
