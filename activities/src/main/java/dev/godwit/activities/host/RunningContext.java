package dev.godwit.activities.host;

import dev.godwit.plan.Location;
import dev.godwit.run.StepTask;
import dev.godwit.run.Throttling;
import dev.godwit.run.UndoResult.SetAside;
import dev.godwit.step.Evidence;
import dev.godwit.step.Journal;
import dev.godwit.step.ResourceKind;
import dev.godwit.step.RunContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** What a run and an undo may use. */
final class RunningContext extends ReadingContext implements RunContext {
    private static final String SET_ASIDE = "set-aside";

    private final Attempt attempt;
    private final SiteState state;
    private final FileJournal begun;
    private final Journal journal;
    private final Evidence evidence;
    private final Optional<AskedRates> asked;

    /**
     * @param begun this attempt
     * @param journal what the step sees of it
     * @param asked the rates that on-call asks for, where they hold
     */
    RunningContext(StepTask task, Resources resources, Attempt attempt, SiteState state, FileJournal begun,
            Journal journal, Evidence evidence, Optional<AskedRates> asked) {
        super(task, resources, attempt);
        this.attempt = attempt;
        this.state = state;
        this.begun = begun;
        this.journal = journal;
        this.evidence = evidence;
        this.asked = asked;
    }

    @Override
    public <R, W extends R> W writing(Class<? extends ResourceKind<R, W>> kind, Location location) throws Exception {
        return resources.writing(kind, location);
    }

    @Override
    public Instant asked() {
        return attempt.asked();
    }

    @Override
    public int attempt() {
        return begun.attempt();
    }

    @Override
    public void advanced() {
        begun.advanced();
    }

    @Override
    public int attemptsAllowed() {
        return task.attempts();
    }

    @Override
    public long token() {
        return begun.token();
    }

    @Override
    public OptionalLong throttle() {
        return asked.flatMap(AskedRates::current)
                .map(rate -> OptionalLong.of(rate.perSecond()))
                .orElse(OptionalLong.empty());
    }

    @Override
    public String throttledBy() {
        return asked.flatMap(AskedRates::current).map(Throttling.Rate::by).orElse("");
    }

    @Override
    public Journal journal() {
        return journal;
    }

    @Override
    public Evidence evidence() {
        return evidence;
    }

    @Override
    public Path workspace() {
        return existing(state.workspace(identity()));
    }

    @Override
    public Path setAside() {
        return existing(state.setAside(identity()));
    }

    @Override
    public void reportSetAside(String what, Path where) {
        // Kept in the journal: an undo that dies and is repeated must still report what its predecessor moved.
        journal.append(SET_ASIDE, List.of(new SetAside(what, where.toString())));
    }

    /** The step will be called again when the time has come: that is no further attempt, and no failure counts any more. */
    void waits() {
        begun.attemptEndedWell();
    }

    List<SetAside> everythingSetAside() {
        Set<SetAside> all = new LinkedHashSet<>();
        journal.scan(SET_ASIDE, SetAside.class, all::add);
        return List.copyOf(all);
    }

    private static Path existing(Path directory) {
        try {
            return Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
