package dev.godwit.activities.docker;

import dev.godwit.activities.docker.SwitchState.Before;
import dev.godwit.activities.docker.SwitchState.Direction;
import dev.godwit.activities.docker.SwitchState.Told;
import dev.godwit.activities.resource.ContainerState;
import dev.godwit.activities.resource.DockerKind;
import dev.godwit.activities.resource.Polling;
import dev.godwit.activities.resource.WritableDocker;
import dev.godwit.json.Durations;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Moves an alias, and takes it back, from wherever an earlier attempt has left the two sides. */
final class AliasSwitch {
    /** A side that does not answer for so many questions in a row has fallen silent. */
    private static final int SILENT = 3;
    private static final int QUIET_LOOKS = 2;
    private static final Duration RESTART_GRACE = Duration.ofSeconds(10);

    private final DockerAlias.Spec spec;
    private final RunContext context;
    private final WritableDocker docker;
    private final List<Event> events = new ArrayList<>();

    /** Something that happened, for the report. */
    record Event(Instant time, String what) {}

    AliasSwitch(DockerAlias.Spec spec, RunContext context) throws Exception {
        this.spec = spec;
        this.context = context;
        this.docker = context.writing(DockerKind.class, spec.from().container());
    }

    DockerAlias.Output forward() throws Exception {
        SwitchState state = context.journal().read(SwitchState.NAME, SwitchState.class).orElse(null);
        if (state == null || state.direction() == Direction.RETREATED) {
            state = write(look());
        }
        if (state.direction() == Direction.DONE) {
            return state.output().orElseThrow();
        }
        SwitchSide.discardErrands(context, docker);
        if (state.direction() == Direction.BACK) {
            back(state);
            throw failed(state.why());
        }
        try {
            return move(state);
        } finally {
            context.evidence().json("switch", events);
        }
    }

    void takeBack() throws Exception {
        Optional<SwitchState> begun = context.journal().read(SwitchState.NAME, SwitchState.class);
        if (begun.isEmpty() || begun.get().direction() == Direction.UNDONE
                || begun.get().direction() == Direction.RETREATED) {
            return;
        }
        SwitchSide.discardErrands(context, docker);
        SwitchState state = write(begun.get().back(begun.get().why()));
        try {
            back(state);
        } finally {
            context.evidence().json("switch-back", events);
        }
        write(context.journal().read(SwitchState.NAME, SwitchState.class).orElseThrow().ended(Direction.UNDONE));
    }

    private DockerAlias.Output move(SwitchState begun) throws Exception {
        SwitchState state = begun;
        SwitchSide from = side(spec.from(), state.from());
        SwitchSide to = side(spec.to(), state.to());
        if (state.told().isEmpty()) {
            state = join(state, from, to);
            Told telling = tellable(from);
            state = write(state.telling(telling));
        }
        state = tell(state, from, begun.told().isPresent());
        long cut = drain(state, from, to);
        from.attach(false);
        happened(from.name() + " has left the alias");
        if (!to.awaitServing()) {
            retreat(state, to.name() + (to.runs() ? " does not answer any more" : " " + to.end()));
        }
        Instant joined = state.began().orElseThrow();
        double seconds = (Instant.now().toEpochMilli() - joined.toEpochMilli()) / 1e3;
        DockerAlias.Output output = new DockerAlias.Output(shortId(state.from()), shortId(state.to()), cut, joined,
                seconds);
        write(state.done(output));
        return output;
    }

    /** The new side gets the alias, or else nothing has changed. */
    private SwitchState join(SwitchState state, SwitchSide from, SwitchSide to) throws Exception {
        if (to.askedWithin() && state.to().attachment().isEmpty() && !to.hasAlias()) {
            to.attach(false);
        }
        if (to.runs()) {
            to.resume();
        }
        requireAnswer(to, from);
        SwitchState joined = write(state.joined(Instant.now()));
        to.attach(true);
        happened(to.name() + " has joined the alias");
        requireAnswer(to, from);
        happened(to.name() + " answers");
        return joined;
    }

    private void requireAnswer(SwitchSide to, SwitchSide from) throws Exception {
        if (to.awaitServing()) {
            return;
        }
        boolean runs = to.runs();
        String end = runs ? "" : to.end();
        if (to.state().isPresent()) {
            to.restore();
        }
        throw runs
                ? StepFailure.external("new-side-silent", spec.to().container() + " does not answer within "
                        + Durations.format(spec.within()) + "; " + from.name() + " goes on serving. See its log")
                : StepFailure.external("new-side-ended", spec.to().container() + " " + end + "\n" + from.name()
                        + " goes on serving");
    }

    private Told tellable(SwitchSide side) throws Exception {
        Optional<ContainerState> state = side.state().filter(ContainerState::running);
        return new Told(state.map(ContainerState::startedAt).orElse(""),
                state.isEmpty() ? List.of() : side.ports(), false);
    }

    private SwitchState tell(SwitchState state, SwitchSide from, boolean perhaps) throws Exception {
        Told told = state.told().orElseThrow();
        tell(from, told, perhaps);
        return write(state.telling(told.certain()));
    }

    /**
     * A second signal could end what the first one only asked to finish, so it is not sent to a side that has heard.
     *
     * @param perhaps whether an earlier attempt may have told it
     */
    private void tell(SwitchSide side, Told told, boolean perhaps) throws Exception {
        if (!told.sent() && side.runs() && (!perhaps || takesRequests(side, told))) {
            side.tell();
            happened(side.name() + " was told to take no more requests");
        }
    }

    /** Waits until the old side is done, and says how many connections must be cut. */
    private long drain(SwitchState state, SwitchSide from, SwitchSide to) throws Exception {
        Told told = state.told().orElseThrow();
        long deadline = System.nanoTime() + spec.within().toNanos();
        Quiet quiet = new Quiet(from);
        int silent = 0;
        while (true) {
            if (!to.runs()) {
                retreat(state, to.name() + " " + to.end());
            }
            silent = to.answers() ? 0 : silent + 1;
            if (silent >= SILENT) {
                retreat(state, to.name() + " does not answer any more");
            }
            Optional<OpenConnections> connections = from.runs() ? from.connections() : Optional.empty();
            if (connections.isEmpty()) {
                happened(from.name() + " has ended");
                return 0;
            }
            long open = connections.get().to(told.ports());
            boolean takes = takesRequests(from, told, connections.get());
            if (quiet.after(open, takes)) {
                happened(from.name() + " has no open connections");
                return 0;
            }
            if (System.nanoTime() > deadline) {
                if (takes) {
                    retreat(state, from.name() + " goes on taking requests though it was told not to");
                }
                happened(open + " connections of " + from.name() + " have not ended");
                return open;
            }
            Polling.pause(context::checkpoint);
        }
    }

    private static boolean takesRequests(SwitchSide side, Told told) throws Exception {
        Optional<OpenConnections> connections = side.runs() ? side.connections() : Optional.empty();
        return connections.isPresent() && takesRequests(side, told, connections.get());
    }

    private static boolean takesRequests(SwitchSide side, Told told, OpenConnections connections) throws Exception {
        return connections.listening().stream().anyMatch(told.ports()::contains) && side.answers();
    }

    /** Whether a side is done: it has refused for as long as it should, and has no connection in some looks in a row. */
    private static final class Quiet {
        private final Duration refuses;
        private OptionalLong refusesSince = OptionalLong.empty();
        private int looks;

        Quiet(SwitchSide side) {
            refuses = side.refuses();
        }

        boolean after(long open, boolean takes) {
            looks = open == 0 && !takes ? looks + 1 : 0;
            if (takes) {
                refusesSince = OptionalLong.empty();
            } else if (refusesSince.isEmpty()) {
                refusesSince = OptionalLong.of(System.nanoTime());
            }
            return looks >= QUIET_LOOKS && System.nanoTime() - refusesSince.orElseThrow() >= refuses.toNanos();
        }
    }

    private void retreat(SwitchState state, String why) throws Exception {
        happened("goes back: " + why);
        back(write(state.back(why)));
        write(state.ended(Direction.RETREATED));
        throw failed(why);
    }

    private StepFailure failed(String why) {
        String code = why.contains("goes on taking requests")
                ? "not-drained"
                : why.contains("does not answer") ? "new-side-silent" : "new-side-ended";
        return StepFailure.external(code, "the alias " + spec.alias() + " went back to " + spec.from().container()
                + ", which serves: " + why).notRetryable();
    }

    /** The old side serves, and only then the new one leaves. */
    private void back(SwitchState begun) throws Exception {
        SwitchSide from = side(spec.from(), begun.from());
        SwitchSide to = side(spec.to(), begun.to());
        SwitchState state = begun;
        if (from.state().isEmpty()) {
            throw StepFailure.user("container-gone", spec.from().container()
                    + ": the container has been removed by someone else; the alias stays with " + to.name());
        }
        if (state.from().ran()) {
            revive(state, from, to);
        }
        from.restore();
        if (state.from().ran() && !from.awaitAnswer()) {
            throw silent(from, to);
        }
        happened(from.name() + " has the alias and answers");
        if (to.state().isEmpty()) {
            return;
        }
        if (to.runs() && to.hasAlias() && state.to().attachment().filter(this::hasAlias).isEmpty()) {
            boolean perhaps = state.toldBack().isPresent();
            Told told = perhaps ? state.toldBack().get() : tellable(to);
            state = write(state.tellingBack(told));
            tell(to, told, perhaps);
            state = write(state.tellingBack(told.certain()));
            drainBack(to, told);
        }
        to.restore();
        happened(to.name() + " has left the alias");
        if (to.runs() && state.toldBack().isPresent()) {
            to.resume();
        } else if (state.to().ran() && !to.runs()) {
            try {
                to.start();
            } catch (StepFailure e) {
                happened(to.name() + " does not start again: " + e.getMessage()); // Nobody needs it any more.
            }
        }
    }

    /**
     * A side that was told to end may still answer while it does, so that it counts only from its next start on; one that
     * was told to refuse may answer at a port of its own.
     */
    private void revive(SwitchState state, SwitchSide from, SwitchSide to) throws Exception {
        Optional<Told> told = state.told();
        boolean same = told.isPresent()
                && from.state().map(ContainerState::startedAt).filter(told.get().startedAt()::equals).isPresent();
        if (from.runs() && from.resumes()) {
            from.resume();
        } else if (from.runs() && same
                && (from.endsWhenTold() || !from.answers() || !from.listens(told.get().ports()))) {
            from.stop(RESTART_GRACE);
        }
        if (from.state().filter(found -> found.networks().containsKey(spec.network())).isEmpty()) {
            from.attach(false);
        }
        from.start();
        if (!from.awaitServing()) {
            throw silent(from, to);
        }
    }

    private StepFailure silent(SwitchSide from, SwitchSide to) {
        return StepFailure.external("old-side-silent", spec.from().container() + " does not answer within "
                + Durations.format(spec.within()) + (from.runs() ? "" : ": it " + from.end()) + "; " + to.name()
                + " keeps the alias. Repair it, then retry");
    }

    /** What has not ended in time is cut: the other side serves already. */
    private void drainBack(SwitchSide to, Told told) throws Exception {
        long deadline = System.nanoTime() + spec.within().toNanos();
        Quiet quiet = new Quiet(to);
        while (to.runs() && System.nanoTime() < deadline) {
            Optional<OpenConnections> connections = to.connections();
            if (connections.isEmpty() || quiet.after(connections.get().to(told.ports()),
                    takesRequests(to, told, connections.get()))) {
                return;
            }
            Polling.pause(context::checkpoint);
        }
    }

    /** Looks at both sides before anything is changed, and refuses what cannot end well. */
    private SwitchState look() {
        if (!docker.hasNetwork(spec.network())) {
            throw StepFailure.user("network-missing", "there is no network " + spec.network()
                    + "; make it with 'docker network create', or correct its name");
        }
        ContainerState from = Containers.require(docker, spec.from().container());
        ContainerState to = Containers.require(docker, spec.to().container());
        if (!from.hasAlias(spec.network(), spec.alias())) {
            throw StepFailure.user("alias-elsewhere", spec.from().container() + " does not have the alias "
                    + spec.alias() + " in the network " + spec.network() + (from.name().equals(spec.alias())
                            ? "; it is its own name, which cannot be moved: give clients an alias"
                            : "; name the container that has it"));
        }
        docker.attachedTo(spec.network())
                .stream()
                .filter(other -> other.hasAlias(spec.network(), spec.alias()))
                .filter(other -> !other.id().equals(from.id()) && !other.id().equals(to.id()))
                .findFirst()
                .ifPresent(third -> {
                    throw StepFailure.user("alias-shared", "the container " + third.name() + " has the alias "
                            + spec.alias() + " too, and would go on getting requests; take it away first");
                });
        return SwitchState.begun(Before.of(from, spec.network()), Before.of(to, spec.network()));
    }

    private SwitchSide side(DockerAlias.Side side, Before before) {
        return new SwitchSide(spec, side, before, context, docker);
    }

    private boolean hasAlias(ContainerState.Attachment attachment) {
        return attachment.aliases().contains(spec.alias());
    }

    private SwitchState write(SwitchState state) {
        context.journal().write(SwitchState.NAME, state);
        return state;
    }

    private void happened(String what) {
        events.add(new Event(Instant.now(), what));
    }

    private static String shortId(Before before) {
        return before.id().substring(0, 12);
    }
}
