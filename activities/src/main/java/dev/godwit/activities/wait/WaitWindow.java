package dev.godwit.activities.wait;

import com.google.auto.service.AutoService;
import dev.godwit.step.Default;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.StepWaiting;
import dev.godwit.step.Uses;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Waits for a maintenance window. Within one it answers at once; otherwise the run waits in a timer of Temporal until the
 * next one opens.
 *
 * <pre>{@code
 * - name: at_night
 *   uses: wait.window
 *   with: {opens: '22:00', closes: '04:00', zone: Europe/Berlin, days: [saturday, sunday]}
 * }</pre>
 *
 * <p>A window that closes at an earlier time of day than it opens closes on the following day; the days are those on which
 * it opens. So that of the example is open from Saturday 22:00 to Sunday 04:00, and from Sunday 22:00 to Monday 04:00. On the
 * days on which clocks are changed it opens and closes by the clock on the wall.
 *
 * <p>It says that the window is open, not that there is enough of it left, and it ends nothing when the window closes: make
 * it the last step before what belongs into the window, in the same phase. Fails with nothing. A dry-run does not wait.
 */
@Uses(value = "wait.window", kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class WaitWindow implements ReadOnlyStepType<WaitWindow.Spec, WaitWindow.Output> {
    private static final DateTimeFormatter FOR_PEOPLE = DateTimeFormatter.ofPattern("EEEE yyyy-MM-dd HH:mm VV",
            Locale.ENGLISH);

    /**
     * @param opens the time of day, {@code HH:mm}
     * @param closes the time of day, {@code HH:mm}
     * @param zone whose clocks count, such as {@code Europe/Berlin}
     * @param days on which it opens, such as {@code [saturday, sunday]}; every day by default
     */
    public record Spec(String opens, String closes, @Default("UTC") String zone,
            @Default("[]") List<DayOfWeek> days) {
        public Spec {
            if (time("opens", opens).equals(time("closes", closes))) {
                throw new IllegalArgumentException(
                        "opens and closes are both " + opens + "; a window that is always open need not be waited for");
            }
            try {
                ZoneId.of(zone);
            } catch (DateTimeException e) {
                throw new IllegalArgumentException(
                        "there is no time zone '" + zone + "'; write one like Europe/Berlin or UTC");
            }
        }

        /** The window that opens on this date. */
        private Window on(LocalDate date) {
            LocalTime from = time("opens", opens);
            LocalTime to = time("closes", closes);
            ZoneId id = ZoneId.of(zone);
            return new Window(date.atTime(from).atZone(id),
                    (to.isAfter(from) ? date : date.plusDays(1)).atTime(to).atZone(id));
        }

        /** The window that is open, or else the next one. */
        Window nextAt(Instant now) {
            LocalDate yesterday = now.atZone(ZoneId.of(zone)).toLocalDate().minusDays(1);
            return Stream.iterate(yesterday, date -> date.plusDays(1))
                    .filter(date -> days.isEmpty() || days.contains(date.getDayOfWeek()))
                    .map(this::on)
                    .filter(window -> window.isOpenAfter(now))
                    .findFirst()
                    .orElseThrow();
        }

        private static LocalTime time(String field, String text) {
            try {
                return LocalTime.parse(text);
            } catch (DateTimeException e) {
                throw new IllegalArgumentException(
                        field + " must be a time of day such as 02:00, and is '" + text + "'");
            }
        }
    }

    private record Window(ZonedDateTime opens, ZonedDateTime closes) {
        /** Where clocks are put forward, a window in the hour that is left out does not open. */
        boolean isOpenAfter(Instant time) {
            return closes.isAfter(opens) && closes.toInstant().isAfter(time);
        }
    }

    /**
     * @param opened when the window opened, such as {@code 2026-11-21T22:00:00+01:00}
     * @param closes when it closes
     * @param seconds how long the run waited for it
     */
    public record Output(String opened, String closes, double seconds) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) {
        Window window = spec.nextAt(context.runStarted());
        String when = window.opens.toInstant().isAfter(context.runStarted())
                ? "would wait until " + FOR_PEOPLE.format(window.opens)
                : "would not wait: the window is open until " + FOR_PEOPLE.format(window.closes);
        return Preview.<Output>withoutOutput().change(when);
    }

    @Override
    public Output run(Spec spec, RunContext context) {
        // Asked anew each time: a worker that was lost may come back when the window is over.
        Instant now = context.asked();
        Instant begun = FirstAsked.of(context);
        Window window = spec.nextAt(now);
        if (window.opens.toInstant().isAfter(now)) {
            throw new StepWaiting(Duration.between(now, window.opens), "until " + FOR_PEOPLE.format(window.opens));
        }
        return new Output(DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(window.opens),
                DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(window.closes),
                Duration.between(begun, now).toMillis() / 1e3);
    }
}
