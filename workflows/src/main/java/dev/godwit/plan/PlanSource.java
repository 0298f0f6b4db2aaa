package dev.godwit.plan;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/**
 * A plan's text, read as far as its faults of form allow. What is faulty or missing in it is empty in the plan, so that the
 * check can go on and report whatever else is wrong.
 *
 * @param plan what could be read
 * @param tree where everything stands
 * @param places the steps with their places, in the order of the plan
 * @param phasePointers where the phases stand; by identity, because two phases of a faulty plan may be equal
 */
record PlanSource(Plan plan, YamlTree tree, List<StepPlace> places, Map<Phase, String> phasePointers) {
    /**
     * A step and where it stands.
     *
     * @param step the step
     * @param phase the name of its phase
     * @param group counts the plan's groups: steps of the same number run at the same time
     * @param pointer its JSON pointer in the plan
     */
    record StepPlace(Step step, String phase, int group, String pointer) {
        String pointerOf(String field) {
            return pointer + "/" + field;
        }
    }

    /** Where a phase stands, by its JSON pointer. */
    String pointerOf(Phase phase) {
        return phasePointers.get(phase);
    }

    JsonNode root() {
        return tree.root();
    }
}
