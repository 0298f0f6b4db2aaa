package dev.godwit.run;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The rates that on-call asks of a run, all of them: whoever is told has the whole truth of that moment.
 *
 * @param order counts the changes; of two, the one with the greater order holds
 * @param run the rate of every step that has none of its own
 * @param steps the rates of single steps
 */
public record Throttling(int order, Optional<Rate> run, Map<String, Rate> steps) {

    /** Nothing was ever asked. */
    public static final Throttling NONE = new Throttling(0, Optional.empty(), Map.of());

    public Throttling {
        run = run == null ? Optional.empty() : run;
        steps = steps == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(steps));
    }

    /**
     * A rate that someone asked for.
     *
     * @param perSecond units of a step's own progress a second; 0 means to stand still
     * @param by who asked; may be empty
     */
    public record Rate(long perSecond, String by) {
        public Rate {
            if (perSecond < 0) {
                throw new IllegalArgumentException("a rate is 0 or more, not " + perSecond);
            }
            by = by == null ? "" : by;
        }
    }

    /** The rate that holds for a step. */
    public Optional<Rate> of(String step) {
        return Optional.ofNullable(steps.get(step)).or(() -> run);
    }

    /** With another rate for the whole run, or none; what was asked of single steps is forgotten. */
    public Throttling withRun(Optional<Rate> rate) {
        return new Throttling(order + 1, rate, Map.of());
    }

    /** With another rate for one step; with none, that of the run holds for it. */
    public Throttling withStep(String step, Optional<Rate> rate) {
        Map<String, Rate> changed = new LinkedHashMap<>(steps);
        rate.ifPresentOrElse(asked -> changed.put(step, asked), () -> changed.remove(step));
        return new Throttling(order + 1, run, changed);
    }
}
