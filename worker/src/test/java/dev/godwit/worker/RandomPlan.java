package dev.godwit.worker;

import dev.godwit.json.Json;
import dev.godwit.plan.Approval;
import dev.godwit.plan.CheckedPlan;
import dev.godwit.plan.Notice;
import dev.godwit.plan.OnFailure;
import dev.godwit.plan.Phase;
import dev.godwit.plan.Plan;
import dev.godwit.plan.Step;
import dev.godwit.plan.StepFacts;
import dev.godwit.plan.StepGroup;
import dev.godwit.run.RunState;
import dev.godwit.step.StepKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** A small plan, drawn at random, and how its steps will behave. */
final class RandomPlan {
    static final String NAME = "random";
    private static final List<StepKind> KINDS = List.of(StepKind.FILES, StepKind.CONFIG, StepKind.DATABASE);
    private static final Duration APPROVAL = Duration.ofSeconds(1);

    private final RandomGenerator random;
    private final Map<String, StepFacts> facts = new LinkedHashMap<>();
    private final Map<String, Behaviour> behaviours = new LinkedHashMap<>();
    private final CheckedPlan checked;

    /**
     * How a step behaves.
     *
     * @param failures how often it fails before it succeeds
     * @param undoFailures how often its undo fails before it succeeds
     * @param waits how often it lets time pass
     * @param millis how long it works
     * @param stubborn whether it goes on to its end when it is told to stop
     */
    record Behaviour(int failures, int undoFailures, int waits, int millis, boolean stubborn) {}

    RandomPlan(RandomGenerator random, String target) {
        this.random = random;
        List<Phase> phases = new ArrayList<>();
        int count = random.nextInt(1, 4);
        for (int i = 1; i <= count; i++) {
            phases.add(phase("p" + i, false));
        }
        if (likely(25)) {
            phases.add(phase("p" + (count + 1), true));
        }
        List<Notice> notices = likely(40) ? List.of(new Notice("chat:/hook", List.of(RunState.values()))) : List.of();
        Plan plan = new Plan(NAME, "", Optional.of(target), Map.of(), Map.of(), Map.of(), policy(), likely(20),
                notices, phases, Map.of());
        checked = new CheckedPlan(plan, "0".repeat(64), target, Map.of(), Map.of(),
                Map.of("chat", Json.tree(Map.of("kind", "http", "url", "http://localhost:1"))), facts, Map.of());
    }

    CheckedPlan checked() {
        return checked;
    }

    Behaviour of(String step) {
        return behaviours.get(step);
    }

    boolean inBackground(String step) {
        return checked.plan().steps().stream().anyMatch(each -> each.name().equals(step) && each.background());
    }

    private Phase phase(String name, boolean finalizing) {
        List<StepGroup> groups = new ArrayList<>();
        int count = random.nextInt(1, 4);
        for (int i = 1; i <= count; i++) {
            String prefix = name + "_s" + i;
            if (likely(20)) {
                groups.add(new StepGroup(IntStream.rangeClosed(1, 2).mapToObj(n -> step(prefix + n, false)).toList()));
            } else {
                groups.add(new StepGroup(List.of(step(prefix, likely(12)))));
            }
        }
        Optional<Approval> approval = finalizing || !likely(30)
                ? Optional.empty()
                : Optional.of(new Approval("it is wanted", likely(50) ? Optional.of(APPROVAL) : Optional.empty()));
        return new Phase(name, "", Optional.empty(), likely(10) ? Optional.of("true") : Optional.empty(),
                likely(25) ? Optional.of(policy()) : Optional.empty(), approval, finalizing, groups);
    }

    private Step step(String name, boolean background) {
        boolean dynamic = likely(15);
        Optional<String> process = Optional.of("process");
        StepKind kind = KINDS.get(random.nextInt(KINDS.size()));
        facts.put(name, new StepFacts(kind, !background && !likely(15), StepFacts.DEFAULT_SITE, List.of(), List.of(),
                dynamic, likely(15) ? process : Optional.empty(), likely(15) ? process : Optional.empty(),
                likely(12) ? Optional.of("what others wrote") : Optional.empty()));
        behaviours.put(name, new Behaviour(likely(25) ? random.nextInt(1, 3) : 0, likely(15) ? 1 : 0,
                likely(10) ? random.nextInt(1, 3) : 0, likely(50) ? 0 : random.nextInt(40), likely(25)));
        return new Step(name, "test.step", "", List.of(), Json.tree(Map.of("process", "v2")),
                dynamic ? Optional.of(likely(80) ? "true" : "false") : Optional.empty(),
                background || likely(15) ? Optional.of(likely(85) ? ".output.n == 1" : ".output.n") : Optional.empty(),
                likely(20) ? Optional.of(policy()) : Optional.empty(), Step.Retry.DEFAULT, Optional.empty(),
                Optional.empty(), Optional.empty(), background, Optional.empty(), Map.of());
    }

    private OnFailure policy() {
        return OnFailure.values()[random.nextInt(OnFailure.values().length)];
    }

    private boolean likely(int percent) {
        return random.nextInt(100) < percent;
    }
}
