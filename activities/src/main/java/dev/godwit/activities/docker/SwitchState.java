package dev.godwit.activities.docker;

import dev.godwit.activities.resource.ContainerState;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How far a switch has come, and how everything was before it.
 *
 * @param direction where it goes
 * @param from the old side as it was
 * @param to the new side as it was
 * @param told what the old side was told on the way forward; absent if it was not
 * @param toldBack what the new side was told on the way back; absent if it was not
 * @param began when the new side joined
 * @param why the way back was taken; empty if it was asked for
 * @param output of a switch that is done
 */
record SwitchState(Direction direction, Before from, Before to, Optional<Told> told, Optional<Told> toldBack,
        Optional<Instant> began, String why, Optional<DockerAlias.Output> output) {

    /** The name under which it is journalled. */
    static final String NAME = "switch";

    enum Direction { FORWARD, DONE, BACK, RETREATED, UNDONE }

    /**
     * A container as it was.
     *
     * @param id of the container
     * @param ran whether it ran
     * @param attachment to the network; absent if it was not attached
     */
    record Before(String id, boolean ran, Optional<ContainerState.Attachment> attachment) {
        static Before of(ContainerState state, String network) {
            return new Before(state.id(), state.running(), Optional.ofNullable(state.networks().get(network)));
        }
    }

    /**
     * That a container is told, or has been, to take no more requests.
     *
     * @param startedAt which start of it
     * @param ports on which it listened
     * @param sent whether it is certain that it was told
     */
    record Told(String startedAt, List<Integer> ports, boolean sent) {
        Told certain() {
            return new Told(startedAt, ports, true);
        }
    }

    static SwitchState begun(Before from, Before to) {
        return new SwitchState(Direction.FORWARD, from, to, Optional.empty(), Optional.empty(), Optional.empty(), "",
                Optional.empty());
    }

    SwitchState joined(Instant time) {
        return new SwitchState(direction, from, to, told, toldBack, Optional.of(time), why, output);
    }

    SwitchState telling(Told old) {
        return new SwitchState(direction, from, to, Optional.of(old), toldBack, began, why, output);
    }

    SwitchState tellingBack(Told old) {
        return new SwitchState(direction, from, to, told, Optional.of(old), began, why, output);
    }

    SwitchState done(DockerAlias.Output result) {
        return new SwitchState(Direction.DONE, from, to, told, toldBack, began, why, Optional.of(result));
    }

    SwitchState back(String reason) {
        return new SwitchState(Direction.BACK, from, to, told, toldBack, began, reason, Optional.empty());
    }

    /** Everything is as it was, and can be tried again. */
    SwitchState ended(Direction as) {
        return new SwitchState(as, from, to, Optional.empty(), Optional.empty(), Optional.empty(), why,
                Optional.empty());
    }
}
