package dev.godwit.activities.docker;

import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * When a container counts as started. Without an {@code http} and a {@code command}: when the check that its image says
 * finds it healthy, or, if its image says none, when it has lived for a second.
 *
 * @param http the service to ask; an answer with status 2xx means that the container is ready
 * @param path of the request
 * @param command run in the container; exit code 0 means that it is ready
 * @param within how long that may take
 */
public record Readiness(@Of("http") Optional<Location> http, @Default("") String path,
        @Default("[]") List<String> command, @Default("60s") Duration within) {

    static final Readiness USUAL = new Readiness(Optional.empty(), "", List.of(), Duration.ofSeconds(60));

    public Readiness {
        if (http.isPresent() && !command.isEmpty()) {
            throw new IllegalArgumentException("say either 'http' or 'command', not both");
        }
        if (http.isEmpty() && !path.isEmpty()) {
            throw new IllegalArgumentException("'path' goes with 'http'");
        }
    }
}
