package dev.godwit.workflow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.godwit.json.Json;
import dev.godwit.plan.Approval;
import dev.godwit.plan.CheckedPlan;
import dev.godwit.plan.ChecklistLine;
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

/** A checked plan whose steps only do what {@link TestSteps} is told. */
final class TestPlan {
    static final String NAME = "moving";
    static final String TARGET = "house";

    private final List<Phase> phases = new ArrayList<>();
    private final Map<String, StepFacts> facts = new LinkedHashMap<>();
    private final Map<String, List<ChecklistLine>> checklist = new LinkedHashMap<>();
    private final List<Notice> notices = new ArrayList<>();
    private boolean acceptLoss;
    private OnFailure onFailure = OnFailure.ROLLBACK;

    TestPlan phase(String name, StepGroup... groups) {
        return phase(name, Optional.empty(), Optional.empty(), groups);
    }

    TestPlan phase(String name, Optional<OnFailure> policy, Optional<String> when, StepGroup... groups) {
        phases.add(new Phase(name, "", Optional.of(Duration.ofMinutes(1)), when, policy, Optional.empty(),
                false, List.of(groups)));
        for (StepGroup group : groups) {
            for (Step step : group.steps()) {
                facts.putIfAbsent(step.name(), new StepFacts(step.name().startsWith("check")
                        ? StepKind.CHECK
                        : StepKind.FILES, !step.name().startsWith("check"), StepFacts.DEFAULT_SITE, List.of(),
                        List.of(), Json.write(step.with()).contains("${{") || step.when().isPresent(),
                        step.name().startsWith("start") ? Optional.of("process") : Optional.empty(),
                        step.name().startsWith("stop") ? Optional.of("process") : Optional.empty(),
                        step.name().startsWith("traffic") ? Optional.of("what others wrote") : Optional.empty()));
            }
        }
        return this;
    }

    /** A phase that wants to be approved. */
    TestPlan approved(String name, Optional<Duration> timeout, StepGroup... groups) {
        phase(name, groups);
        Phase of = phases.removeLast();
        phases.add(new Phase(name, "", of.estimate(), of.when(), of.onFailure(),
                Optional.of(new Approval("because of " + name, timeout)), false, of.groups()));
        return this;
    }

    /** The irreversible last phase. */
    TestPlan finalizing(String name, StepGroup... groups) {
        phase(name, groups);
        Phase of = phases.removeLast();
        phases.add(new Phase(name, "", of.estimate(), of.when(), of.onFailure(), Optional.empty(), true, of.groups()));
        return this;
    }

    /** A phase that looks when another has failed. */
    TestPlan diagnosis(String name, StepGroup... groups) {
        phase(name, groups);
        Phase of = phases.removeLast();
        phases.add(
                new Phase(name, "", of.estimate(), of.when(), Optional.of(OnFailure.CONTINUE), Optional.empty(), false,
                        true, of.groups()));
        return this;
    }

    /** Someone is told when the run gets into one of these states. */
    TestPlan notice(RunState... on) {
        notices.add(new Notice("chat:/hook", List.of(on)));
        return this;
    }

    /** Someone is told of every state, in words of the plan's own. */
    TestPlan noticeInWords(String text) {
        notices.add(new Notice("chat:/hook", List.of(RunState.values()), Optional.of(text)));
        return this;
    }

    TestPlan acceptLoss() {
        acceptLoss = true;
        return this;
    }

    TestPlan needs(String step, String... needed) {
        StepFacts of = facts.get(step);
        facts.put(step, new StepFacts(of.kind(), of.undoable(), of.site(), of.resources(), List.of(needed), true,
                of.starts(), of.stops(), of.loses()));
        return this;
    }

    /** Steps change something of that kind. */
    TestPlan kind(StepKind kind, String... steps) {
        for (String step : steps) {
            StepFacts of = facts.get(step);
            facts.put(step, new StepFacts(kind, of.undoable(), of.site(), of.resources(), of.needs(), of.dynamic(),
                    of.starts(), of.stops(), of.loses()));
        }
        return this;
    }

    TestPlan onFailure(OnFailure policy) {
        onFailure = policy;
        return this;
    }

    TestPlan answeredBy(String line, String... steps) {
        checklist.computeIfAbsent("Verification", section -> new ArrayList<>())
                .add(new ChecklistLine(line, List.of(steps)));
        return this;
    }

    CheckedPlan checked() {
        Plan plan = new Plan(NAME, "moves a house", Optional.of(TARGET), Map.of(), Map.of(), Map.of(), onFailure,
                acceptLoss, notices, phases, checklist);
        return new CheckedPlan(plan, "0".repeat(64), TARGET, Map.of(), Map.of(),
                Map.of("chat", JsonNodeFactory.instance.objectNode().put("kind", "http")), facts, Map.of());
    }

    static StepGroup step(String name) {
        return new StepGroup(List.of(plain(name, "{\"process\": \"v2\"}")));
    }

    static StepGroup step(String name, String with) {
        return new StepGroup(List.of(plain(name, with)));
    }

    /** A step that makes no sense without another. */
    static StepGroup relying(String name, String on, String why) {
        Step of = plain(name, "{\"process\": \"v2\"}");
        return new StepGroup(List.of(new Step(of.name(), of.uses(), "", of.covers(), of.with(), of.when(), of.expect(),
                of.onFailure(), of.retry(), of.timeout(), of.heartbeat(), of.pivot(), false, of.kind(),
                Map.of(on, why))));
    }

    static StepGroup parallel(String... names) {
        List<Step> steps = new ArrayList<>();
        for (String name : names) {
            steps.add(plain(name, "{}"));
        }
        return new StepGroup(steps);
    }

    static StepGroup step(String name, Optional<String> when, Optional<String> expect, Optional<OnFailure> policy) {
        Step of = plain(name, "{}");
        return new StepGroup(List.of(new Step(of.name(), of.uses(), "", List.of("A1"), of.with(), when, expect, policy,
                of.retry(), of.timeout(), of.heartbeat(), of.pivot(), false, of.kind(), of.reliesOn())));
    }

    static StepGroup background(String name, String expect) {
        Step of = plain(name, "{}");
        return new StepGroup(List.of(new Step(of.name(), of.uses(), "", List.of(), of.with(), Optional.empty(),
                Optional.of(expect), Optional.empty(), of.retry(), of.timeout(), of.heartbeat(), of.pivot(), true,
                of.kind(), of.reliesOn())));
    }

    private static Step plain(String name, String with) {
        JsonNode spec = with.isEmpty() ? JsonNodeFactory.instance.objectNode() : Json.read(with, JsonNode.class);
        return new Step(name, "test.step", "", List.of("A1"), spec, Optional.empty(), Optional.empty(),
                Optional.empty(),
                Step.Retry.DEFAULT, Optional.empty(), Optional.empty(), Optional.empty(), false, Optional.empty(),
                Map.of());
    }
}
