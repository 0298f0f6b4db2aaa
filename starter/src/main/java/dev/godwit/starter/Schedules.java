package dev.godwit.starter;

import dev.godwit.plan.NearestName;
import dev.godwit.run.TaskQueues;
import io.grpc.Status;
import io.temporal.api.enums.v1.ScheduleOverlapPolicy;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.schedules.Schedule;
import io.temporal.client.schedules.ScheduleActionExecution;
import io.temporal.client.schedules.ScheduleActionExecutionStartWorkflow;
import io.temporal.client.schedules.ScheduleActionResult;
import io.temporal.client.schedules.ScheduleActionStartWorkflow;
import io.temporal.client.schedules.ScheduleAlreadyRunningException;
import io.temporal.client.schedules.ScheduleClient;
import io.temporal.client.schedules.ScheduleDescription;
import io.temporal.client.schedules.ScheduleException;
import io.temporal.client.schedules.ScheduleHandle;
import io.temporal.client.schedules.ScheduleInfo;
import io.temporal.client.schedules.ScheduleListActionStartWorkflow;
import io.temporal.client.schedules.ScheduleListDescription;
import io.temporal.client.schedules.ScheduleOptions;
import io.temporal.client.schedules.SchedulePolicy;
import io.temporal.client.schedules.ScheduleSpec;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The schedules of a Temporal server that start dry-runs. Others, which it may have too, are left alone. */
final class Schedules {
    private static final String MIGRATION = "Migration";
    /** After an outage, what was missed is made up for only if it is this fresh: at noon nobody wants the night's dry-run. */
    private static final Duration CATCH_UP = Duration.ofMinutes(10);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int GLANCE_MILLIS = 100;

    private final Temporal temporal;
    private final ScheduleClient client;

    Schedules(Temporal temporal, ScheduleClient client) {
        this.temporal = temporal;
        this.client = client;
    }

    /** Makes one; refused if there is one of that name. */
    ScheduledRuns create(String name, Start start, Timetable timetable) {
        ScheduleActionStartWorkflow action = ScheduleActionStartWorkflow.newBuilder()
                .setWorkflowType(MIGRATION)
                .setArguments(start.request())
                .setOptions(WorkflowOptions.newBuilder()
                        .setWorkflowId(start.workflowId())
                        .setTaskQueue(TaskQueues.GODWIT)
                        .setStaticSummary(Start.summary(start.request()))
                        // The client cannot read a schedule back that has a summary and no details.
                        .setStaticDetails("A dry-run of the schedule `" + name + "`, " + timetable.text()
                                + ". It changes nothing.")
                        .build())
                .build();
        Schedule schedule = Schedule.newBuilder()
                .setAction(action)
                .setSpec(ScheduleSpec.newBuilder()
                        .setCronExpressions(List.of(timetable.cron()))
                        .setTimeZoneName(timetable.zone())
                        .build())
                .setPolicy(SchedulePolicy.newBuilder()
                        .setOverlap(ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_SKIP)
                        .setCatchupWindow(CATCH_UP)
                        .build())
                .build();
        // Temporal keeps the times only in a form of its own.
        ScheduleOptions options = ScheduleOptions.newBuilder().setMemo(Map.of(Timetable.MEMO, timetable)).build();
        try {
            return asked(() -> {
                client.createSchedule(name, schedule, options);
                return describe(name);
            });
        } catch (ScheduleAlreadyRunningException e) {
            throw CommandFailure.refused("there is a schedule '" + name + "' already; see 'godwit schedule show " + name
                    + "', remove it with 'godwit schedule delete " + name + "'");
        }
    }

    /** All of them, by name. */
    List<ScheduledRuns> list() {
        return asked(() -> client.listSchedules()
                .filter(Schedules::startsMigrations)
                .map(ScheduledRuns::of)
                .sorted(Comparator.comparing(ScheduledRuns::name))
                .toList());
    }

    ScheduledRuns describe(String name) {
        return ScheduledRuns.of(of(name));
    }

    /** Does something to one. */
    void change(String name, Consumer<ScheduleHandle> change) {
        of(name);
        asked(() -> {
            change.accept(client.getHandle(name));
            return name;
        });
    }

    /**
     * Starts a dry-run now.
     *
     * @return its workflow id; empty if Temporal has not said so soon
     */
    Optional<String> trigger(String name) {
        ScheduleInfo before = of(name).getInfo();
        running(before).ifPresent(id -> {
            throw CommandFailure.refused("a dry-run of this schedule is under way: " + id + "; 'godwit watch "
                    + Shell.quoted(id) + "' follows it");
        });
        change(name, ScheduleHandle::trigger);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            ScheduleInfo now = of(name).getInfo();
            if (now.getNumActions() > before.getNumActions() && !now.getRecentActions().isEmpty()) {
                return Optional.of(execution(now.getRecentActions().getLast().getAction()).getWorkflowId());
            }
            rest();
        }
        return Optional.empty();
    }

    /** Its dry-runs, the newest first. */
    List<KnownRun> runs(String name) {
        ScheduleInfo info = of(name).getInfo();
        Map<String, KnownRun> runs = new LinkedHashMap<>();
        // The newest ones are in the index only after a moment.
        Stream.concat(info.getRecentActions().stream().map(ScheduleActionResult::getAction),
                info.getRunningActions().stream())
                .map(Schedules::execution)
                .forEach(known -> temporal.describe(known.getWorkflowId())
                        .ifPresent(run -> runs.put(known.getWorkflowId(), new KnownRun(run))));
        temporal.startedBy(name)
                .forEach(run -> runs.putIfAbsent(run.getExecution().getWorkflowId(), new KnownRun(run)));
        return runs.values()
                .stream()
                .sorted(Comparator.comparing((KnownRun run) -> run.execution().getStartTime()).reversed())
                .toList();
    }

    private ScheduleDescription of(String name) {
        ScheduleDescription found = asked(() -> {
            try {
                return client.getHandle(name).describe();
            } catch (ScheduleException e) {
                if (Temporal.code(e) == Status.Code.NOT_FOUND) {
                    throw CommandFailure.refused("there is no schedule '" + name + "'"
                            + NearestName.hint(name, list().stream().map(ScheduledRuns::name).toList())
                            + "; 'godwit schedule list' shows them all");
                }
                throw e;
            }
        });
        if (found.getSchedule().getAction() instanceof ScheduleActionStartWorkflow action
                && action.getWorkflowType().equals(MIGRATION)) {
            return found;
        }
        throw CommandFailure.refused("the schedule '" + name + "' is not one of Godwit's");
    }

    private static boolean startsMigrations(ScheduleListDescription listed) {
        return listed.getSchedule() != null
                && listed.getSchedule().getAction() instanceof ScheduleListActionStartWorkflow action
                && action.getWorkflow().equals(MIGRATION);
    }

    private static Optional<String> running(ScheduleInfo info) {
        return info.getRunningActions().stream().findFirst().map(action -> execution(action).getWorkflowId());
    }

    private static ScheduleActionExecutionStartWorkflow execution(ScheduleActionExecution action) {
        return (ScheduleActionExecutionStartWorkflow) action;
    }

    private static void rest() {
        try {
            TimeUnit.MILLISECONDS.sleep(GLANCE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandFailure.refused("interrupted");
        }
    }

    private static <T> T asked(Supplier<T> question) {
        try {
            return question.get();
        } catch (RuntimeException e) {
            if (Temporal.code(e) == Status.Code.UNIMPLEMENTED) {
                throw CommandFailure.refused("this Temporal server has no schedules (the embedded one has none); use a"
                        + " real one, as 'godwit dev' is where Temporal's command line is installed, or let cron call"
                        + " 'godwit start PLAN --dry-run'");
            }
            if (Temporal.code(e) == Status.Code.INVALID_ARGUMENT) {
                throw CommandFailure.usage("Temporal does not take this schedule: " + Temporal.said(e));
            }
            throw e;
        }
    }
}
