package dev.godwit.step;

import dev.godwit.plan.Location;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a step would do.
 *
 * @param output the output as far as it can be predicted; absent if it cannot
 * @param changes what would change, a line each, with counts and sizes; at most a few dozen lines
 * @param makes the locations that would exist or differ afterwards; later previews are told (see
 *     {@link PreviewContext#madeBy})
 * @param unknown what cannot be known before the run, and after which step it will be; absent if all is known
 */
public record Preview<O>(Optional<O> output, List<String> changes, List<Location> makes, Optional<String> unknown) {
    public Preview {
        changes = List.copyOf(changes);
        makes = List.copyOf(makes);
    }

    /** A preview that predicts the output. */
    public static <O> Preview<O> of(O output) {
        return new Preview<>(Optional.of(output), List.of(), List.of(), Optional.empty());
    }

    /** A preview that cannot predict the output. */
    public static <O> Preview<O> withoutOutput() {
        return new Preview<>(Optional.empty(), List.of(), List.of(), Optional.empty());
    }

    /** A preview of something that needs what an earlier step of the plan has yet to make. */
    public static <O> Preview<O> knownAfter(String step) {
        return new Preview<>(Optional.empty(), List.of(), List.of(), Optional.of("known after " + step));
    }

    /** This preview with one more line. */
    public Preview<O> change(String line) {
        List<String> lines = new ArrayList<>(changes);
        lines.add(line);
        return new Preview<>(output, lines, makes, unknown);
    }

    /** This preview with a location that would be made or changed. */
    public Preview<O> making(Location location) {
        List<Location> locations = new ArrayList<>(makes);
        locations.add(location);
        return new Preview<>(output, changes, locations, unknown);
    }
}
