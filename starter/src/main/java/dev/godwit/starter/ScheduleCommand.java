package dev.godwit.starter;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.cli.ExitCode;
import dev.godwit.json.Json;
import io.temporal.client.schedules.ScheduleHandle;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Dry-runs by the clock. */
@Command(name = "schedule", mixinStandardHelpOptions = true, versionProvider = Version.class, description = "Start dry-runs of a plan by the clock, such as every night.", subcommands = {
        ScheduleCommand.Create.class, ScheduleCommand.ListAll.class, ScheduleCommand.Show.class,
        ScheduleCommand.Pause.class, ScheduleCommand.Resume.class, ScheduleCommand.Trigger.class,
        ScheduleCommand.Delete.class}, synopsisSubcommandLabel = "COMMAND")
final class ScheduleCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "which one? 'godwit schedule --help' shows them all");
    }

    @Command(name = "create", description = "Make a schedule. It starts dry-runs, which change nothing.")
    static final class Create extends GodwitCommand {
        @Parameters(index = "0", paramLabel = "NAME", description = "a name for the schedule")
        private String name;

        @Parameters(index = "1", paramLabel = "PLAN|NAME", description = "a plan's file, whose text is kept, or the name of a plan in the worker's plan directory")
        private String plan;

        @Option(names = "--cron", required = true, paramLabel = "TIMES", description = "minute, hour, day of month, month, day of week: '0 2 * * *' is every night at two")
        private String cron;

        @Option(names = "--zone", paramLabel = "ZONE", defaultValue = "UTC", description = "whose clock it is, such as Europe/Berlin; default UTC")
        private String zone;

        @Option(names = "--param", paramLabel = "NAME=VALUE", description = "a value for a parameter of the plan; repeatable")
        private Map<String, String> parameters = new LinkedHashMap<>();

        @Option(names = "--target", paramLabel = "TARGET", description = "what it would migrate; default is the plan's own target")
        private String target;

        @Override
        public Integer call() {
            if (!name.matches("[a-z][a-z0-9_-]{0,99}")) {
                throw CommandFailure.usage("'" + name + "' is no name for a schedule; one is of small letters, digits,"
                        + " '-' and '_', and begins with a letter");
            }
            Timetable timetable = Timetable.of(cron, zone);
            Start start = Start.scheduled(plan, parameters, Optional.ofNullable(target), name,
                    Person.at(godwit().environment()));
            try (Temporal temporal = godwit().connect()) {
                ScheduledRuns made = temporal.schedules().create(name, start, timetable);
                if (json()) {
                    console().document(made.document());
                } else {
                    console().result(name + ": dry-runs of " + made.of().orElseThrow() + ", " + made.when() + "; "
                            + made.state() + "\n  try it now: godwit schedule trigger " + name
                            + "\n  its runs:   godwit status --schedule " + name);
                }
                return ExitCode.DONE;
            }
        }
    }

    @Command(name = "list", description = "List the schedules.")
    static final class ListAll extends GodwitCommand {
        @Override
        public Integer call() {
            try (Temporal temporal = godwit().connect()) {
                List<ScheduledRuns> all = temporal.schedules().list();
                if (json()) {
                    ArrayNode documents = Json.mapper().createArrayNode();
                    all.forEach(schedule -> documents.add(schedule.document()));
                    console().document(documents);
                } else {
                    console().result(all.isEmpty()
                            ? "no schedules"
                            : String.join("\n", all.stream()
                                    .map(schedule -> schedule.name() + "  " + schedule.when() + "  " + schedule.state())
                                    .toList()));
                }
                return ExitCode.DONE;
            }
        }
    }

    /** A command for one schedule that exists. */
    @Command
    abstract static class OfOne extends GodwitCommand {
        @Parameters(paramLabel = "NAME", description = "the schedule")
        private String name;

        @Override
        public final Integer call() {
            try (Temporal temporal = godwit().connect()) {
                return call(temporal.schedules(), name);
            }
        }

        abstract int call(Schedules schedules, String of);

        /** Does it, and says in words what is different now. */
        final int change(Schedules schedules, String of, Consumer<ScheduleHandle> change, String done) {
            schedules.change(of, change);
            if (json()) {
                console().document(Json.mapper().createObjectNode().put("name", of).put("answer", done));
            } else {
                console().result(of + ": " + done);
            }
            return ExitCode.DONE;
        }
    }

    @Command(name = "show", description = "Show when a schedule starts dry-runs, and how the last ones ended.")
    static final class Show extends OfOne {
        @Override
        int call(Schedules schedules, String name) {
            ScheduledRuns schedule = schedules.describe(name);
            List<KnownRun> runs = schedules.runs(name);
            if (json()) {
                ObjectNode document = schedule.document();
                ArrayNode documents = document.putArray("runs");
                runs.forEach(run -> documents.add(run.document()));
                console().document(document);
                return ExitCode.DONE;
            }
            StringBuilder text = new StringBuilder(name).append(": dry-runs of ")
                    .append(schedule.of().orElseThrow())
                    .append("\n  times     ")
                    .append(schedule.when());
            if (schedule.paused()) {
                text.append("\n  ").append(schedule.state()).append("; godwit schedule resume ").append(name);
            }
            schedule.nextTimes().forEach(time -> text.append("\n  next      ").append(time));
            StatusCommand.lines(runs).forEach(line -> text.append("\n  run     ").append(line));
            if (runs.isEmpty()) {
                text.append("\n  no run yet; godwit schedule trigger ").append(name);
            } else {
                text.append("\n  report    godwit report ").append(Shell.quoted(runs.getFirst().workflowId()));
            }
            console().result(text.toString());
            return ExitCode.DONE;
        }
    }

    @Command(name = "pause", description = "Start no more dry-runs until it is resumed.")
    static final class Pause extends OfOne {
        @Option(names = "--reason", paramLabel = "WHY", defaultValue = "", description = "why")
        private String reason;

        @Override
        int call(Schedules schedules, String name) {
            String note = Person.at(godwit().environment()) + (reason.isEmpty() ? "" : ": " + reason);
            return change(schedules, name, schedule -> schedule.pause(note), "paused");
        }
    }

    @Command(name = "resume", description = "Start dry-runs again.")
    static final class Resume extends OfOne {
        @Override
        int call(Schedules schedules, String name) {
            String note = "resumed by " + Person.at(godwit().environment());
            return change(schedules, name, schedule -> schedule.unpause(note), "resumed");
        }
    }

    @Command(name = "trigger", description = "Start a dry-run now, whatever the clock says.")
    static final class Trigger extends OfOne {
        @Override
        int call(Schedules schedules, String name) {
            Optional<String> run = schedules.trigger(name);
            if (json()) {
                ObjectNode document = Json.mapper().createObjectNode().put("name", name);
                run.ifPresent(id -> document.put("workflow_id", id));
                console().document(document);
            } else {
                console().result(run
                        .map(id -> "started dry-run " + id + "\n  follow it: godwit watch " + Shell.quoted(id))
                        .orElse("asked for; 'godwit status --schedule " + name + "' shows it soon"));
            }
            return ExitCode.DONE;
        }
    }

    @Command(name = "delete", description = "Remove a schedule; what it has started stays.")
    static final class Delete extends OfOne {
        @Override
        int call(Schedules schedules, String name) {
            return change(schedules, name, ScheduleHandle::delete, "deleted; its runs and their reports stay");
        }
    }
}
