package dev.godwit.starter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.json.Json;
import io.temporal.client.schedules.ScheduleActionStartWorkflow;
import io.temporal.client.schedules.ScheduleDescription;
import io.temporal.client.schedules.ScheduleListDescription;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A schedule of dry-runs.
 *
 * @param name its name
 * @param of the run that it rehearses, {@code PLAN/TARGET}; absent where it was not asked for
 * @param timetable when; absent on one that Godwit did not make
 * @param paused whether it starts nothing
 * @param note why it is paused, or no longer is
 * @param next when it starts the next ones; empty while it is paused
 */
record ScheduledRuns(String name, Optional<String> of, Optional<Timetable> timetable, boolean paused, String note,
        List<Instant> next) {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm VV", Locale.ROOT);
    private static final int NEXT_SHOWN = 3;

    static ScheduledRuns of(ScheduleDescription schedule) {
        String id = ((ScheduleActionStartWorkflow) schedule.getSchedule().getAction()).getOptions().getWorkflowId();
        return new ScheduledRuns(schedule.getId(), Optional.of(id.replaceFirst("/dry-run/[^/]+$", "")),
                Optional.ofNullable(schedule.getMemo(Timetable.MEMO, Timetable.class)).map(Timetable.class::cast),
                schedule.getSchedule().getState().isPaused(), note(schedule.getSchedule().getState().getNote()),
                schedule.getInfo().getNextActionTimes());
    }

    static ScheduledRuns of(ScheduleListDescription schedule) {
        return new ScheduledRuns(schedule.getScheduleId(), Optional.empty(),
                Optional.ofNullable(schedule.getMemo(Timetable.MEMO, Timetable.class)).map(Timetable.class::cast),
                schedule.getSchedule().getState().isPaused(), note(schedule.getSchedule().getState().getNote()),
                schedule.getInfo().getNextActionTimes());
    }

    private static String note(String text) {
        return text == null ? "" : text;
    }

    /** {@code paused (ann@ops: holidays)}, or when it starts the next dry-run. */
    String state() {
        if (paused) {
            return note.isEmpty() ? "paused" : "paused (" + note + ")";
        }
        return next.isEmpty() ? "starts no more" : "next " + time(next.getFirst());
    }

    String when() {
        return timetable.map(Timetable::text).orElse("times of its own");
    }

    /** When it starts the next few. */
    List<String> nextTimes() {
        return paused ? List.of() : next.stream().limit(NEXT_SHOWN).map(this::time).toList();
    }

    ObjectNode document() {
        return (ObjectNode) Json.tree(this);
    }

    /** By the schedule's own clock, since that is what its author thinks in. */
    private String time(Instant instant) {
        return TIME.format(instant.atZone(ZoneId.of(timetable.map(Timetable::zone).orElse("UTC"))));
    }
}
