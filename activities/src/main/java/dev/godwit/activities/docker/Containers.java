package dev.godwit.activities.docker;

import dev.godwit.activities.resource.ContainerState;
import dev.godwit.activities.resource.ReadableDocker;
import dev.godwit.plan.Location;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepIdentity;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How steps find containers: by the name that a plan says, or by the step that made them. */
final class Containers {
    static final String RUN = "dev.godwit.run";
    static final String STEP = "dev.godwit.step";
    static final String ROUND = "dev.godwit.round";

    private static final String NAME = "[a-zA-Z0-9][a-zA-Z0-9_.-]*";

    private Containers() {}

    /** What a step labels with, so that another attempt and the undo find it. */
    static Map<String, String> labels(StepIdentity identity) {
        return Map.of(RUN, identity.runId(), STEP, identity.step(), ROUND, Integer.toString(identity.round()));
    }

    /** Whether this step and round has made it. */
    static boolean made(StepIdentity identity, Map<String, String> labels) {
        return labels.entrySet().containsAll(labels(identity).entrySet());
    }

    /** The container that this step and round has made, whatever it is called by now. */
    static Optional<ContainerState> made(StepIdentity identity, ReadableDocker docker) {
        List<ContainerState> found = docker.containers(labels(identity));
        return found.stream().findFirst();
    }

    /** The name of the container that a location tells. */
    static String name(Location location) {
        if (!location.path().matches(NAME)) {
            throw new IllegalArgumentException("'" + location + "' does not name a container; write RESOURCE:CONTAINER,"
                    + " such as engine:parking-api");
        }
        return location.path();
    }

    /** The container that a location tells, which must exist. */
    static ContainerState require(ReadableDocker docker, Location location) {
        return docker.container(name(location)).orElseThrow(() -> missing(location));
    }

    /** The container that was found before, under whatever name. */
    static ContainerState requireSame(ReadableDocker docker, Location location, String id) {
        return docker.container(id)
                .orElseThrow(
                        () -> StepFailure.user("container-gone", location + ": the container " + id.substring(0, 12)
                                + " has been removed by someone else since this step began; make it anew"));
    }

    static StepFailure missing(Location location) {
        return StepFailure.user("container-missing", location + ": there is no container " + location.path()
                + "; make it with docker.run, or correct its name");
    }

    /** Its state in words, with what is known of its end. */
    static String ended(ContainerState state) {
        return (state.outOfMemory() ? "was ended for its memory, " : "") + "exit code " + state.exitCode()
                + (state.error().isEmpty() ? "" : " (" + state.error() + ")");
    }
}
