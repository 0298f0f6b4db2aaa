package dev.godwit.workflow;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.plan.Phase;
import dev.godwit.plan.Plan;
import dev.godwit.plan.Step;
import dev.godwit.run.PhaseReport;
import dev.godwit.run.PhaseState;
import dev.godwit.run.StepReport;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/** How far a run has come with each phase and step of its plan. */
final class RunParts {
    private final Map<String, StepReport> steps = new LinkedHashMap<>();
    private final Map<String, PhaseReport> phases = new LinkedHashMap<>();

    void open(Plan plan) {
        for (Phase phase : plan.phases()) {
            phases.put(phase.name(), new PhaseReport(phase.name(), PhaseState.PENDING, phase.estimate(),
                    Optional.empty(), Optional.empty(), List.of()));
            for (Step step : phase.steps()) {
                steps.put(step.name(), StepReport.pending(step.name(), step.uses(), step.covers(), 1));
            }
        }
    }

    Optional<StepReport> step(String name) {
        return Optional.ofNullable(steps.get(name));
    }

    /** Changes what is known of a step; nothing if the plan has none of that name. */
    void change(String step, UnaryOperator<StepReport> change) {
        steps.computeIfPresent(step, (name, report) -> change.apply(report));
    }

    Collection<StepReport> steps() {
        return Collections.unmodifiableCollection(steps.values());
    }

    Map<String, StepReport> byStep() {
        return Collections.unmodifiableMap(steps);
    }

    Set<String> stepNames() {
        return steps.keySet();
    }

    List<String> phaseNames() {
        return List.copyOf(phases.keySet());
    }

    Map<String, JsonNode> outputs() {
        Map<String, JsonNode> outputs = new LinkedHashMap<>();
        steps.forEach((name, step) -> step.output().ifPresent(output -> outputs.put(name, output)));
        return outputs;
    }

    Map<String, String> phaseStates() {
        Map<String, String> states = new LinkedHashMap<>();
        phases.forEach((name, phase) -> states.put(name, phase.state().name().toLowerCase(Locale.ROOT)));
        return states;
    }

    /** In a dry-run: what earlier steps would make or change, by location. */
    Map<String, String> madeBy() {
        Map<String, String> madeBy = new LinkedHashMap<>();
        steps.values()
                .forEach(step -> step.preview()
                        .ifPresent(preview -> preview.makes().forEach(location -> madeBy.put(location, step.name()))));
        return madeBy;
    }

    void phaseBegan(String name, Instant now) {
        PhaseReport phase = phases.get(name);
        phases.put(name, new PhaseReport(name, PhaseState.RUNNING, phase.estimate(),
                phase.started().or(() -> Optional.of(now)), Optional.empty(), List.of()));
    }

    void phaseEnded(String name, PhaseState end, Instant now) {
        PhaseReport phase = phases.get(name);
        phases.put(name, new PhaseReport(name, end, phase.estimate(), phase.started(),
                phase.started().map(start -> phase.ended().orElse(now)), List.of()));
    }

    boolean hasBegun(String phase) {
        return phases.get(phase).started().isPresent();
    }

    boolean isPending(String phase) {
        return phases.get(phase).state() == PhaseState.PENDING;
    }

    /** The phase under way; empty between two. */
    String underWay() {
        return phases.values()
                .stream()
                .filter(phase -> phase.state() == PhaseState.RUNNING)
                .map(PhaseReport::name)
                .findFirst()
                .orElse("");
    }

    /** How many steps have come to an end. */
    int ended() {
        return (int) steps.values().stream().filter(RunParts::hasEnded).count();
    }

    /** The phases with their steps, as a report shows them. */
    List<PhaseReport> reports(Plan plan, UnaryOperator<StepReport> shown) {
        return plan.phases().stream().map(phase -> {
            PhaseReport known = phases.get(phase.name());
            return new PhaseReport(known.name(), known.state(), known.estimate(), known.started(), known.ended(),
                    phase.steps().stream().map(step -> shown.apply(steps.get(step.name()))).toList());
        }).toList();
    }

    private static boolean hasEnded(StepReport step) {
        return switch (step.state()) {
            case PENDING, RUNNING, PAUSED, WAITING, PARKED -> false;
            case COMPLETED, FAILED, SKIPPED, STOPPED, PREVIEWED -> true;
        };
    }
}
