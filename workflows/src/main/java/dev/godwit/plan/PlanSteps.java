package dev.godwit.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.godwit.step.SpecReader;
import dev.godwit.step.StepKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads the steps of a plan's phases, and remembers where each stands. */
final class PlanSteps {
    private static final Set<String> STEP_FIELDS = Set.of("name", "uses", "description", "covers", "with", "when",
            "expect", "on-failure", "retry", "timeout", "heartbeat", "pivot", "background", "kind", "relies-on");

    private final PlanFields fields;
    private final Map<String, Integer> stepLines = new HashMap<>();
    private final List<PlanSource.StepPlace> places = new ArrayList<>();
    private int groups;

    PlanSteps(PlanFields fields) {
        this.fields = fields;
    }

    /** The steps read so far, in the order of the plan. */
    List<PlanSource.StepPlace> places() {
        return List.copyOf(places);
    }

    /** The groups of a phase. */
    List<StepGroup> groups(JsonNode phase, String pointer, String phaseName) {
        List<StepGroup> read = new ArrayList<>();
        List<JsonNode> items = fields.list(phase, pointer, "steps");
        if (items.isEmpty() && (!phase.has("steps") || phase.get("steps").isArray())) {
            fields.fault(pointer, "a phase needs at least one step under 'steps'");
        }
        for (int i = 0; i < items.size(); i++) {
            JsonNode item = items.get(i);
            String itemPointer = pointer + "/steps/" + i;
            groups++;
            List<Step> steps = new ArrayList<>();
            if (item.has("parallel")) {
                fields.checkFields(item, itemPointer, "a parallel group", Set.of("parallel"));
                List<JsonNode> members = fields.list(item, itemPointer, "parallel");
                if (members.isEmpty() && item.get("parallel").isArray()) {
                    fields.fault(itemPointer, "a parallel group needs at least one step");
                }
                for (int member = 0; member < members.size(); member++) {
                    String memberPointer = itemPointer + "/parallel/" + member;
                    step(members.get(member), memberPointer, phaseName, steps);
                    if (members.get(member).path("background").asBoolean()) {
                        fields.fault(memberPointer + "/background",
                                "a background step runs beside others anyway; write it outside of 'parallel'");
                    }
                }
            } else {
                step(item, itemPointer, phaseName, steps);
            }
            if (!steps.isEmpty()) {
                read.add(new StepGroup(List.copyOf(steps)));
            }
        }
        return List.copyOf(read);
    }

    private void step(JsonNode node, String pointer, String phase, List<Step> steps) {
        if (node.has("parallel")) {
            fields.fault(pointer, "parallel groups cannot be nested; write the steps into the outer one");
            return;
        }
        if (!fields.checkFields(node, pointer, "a step", STEP_FIELDS)) {
            return;
        }
        String name = fields.uniqueName(node, pointer, "a step", stepLines);
        String uses = fields.text(node, pointer, "uses");
        if (!node.has("uses")) {
            fields.fault(pointer, "missing field 'uses' of " + (name.isEmpty() ? "a step" : "the step '" + name + "'"));
        }
        JsonNode with = node.path("with");
        if (!with.isObject()) {
            if (!with.isMissingNode() && !with.isNull()) {
                fields.fault(pointer + "/with", "'with' must be an object, and is " + SpecReader.describe(with));
            }
            with = JsonNodeFactory.instance.objectNode();
        }
        Step step = new Step(name, uses, fields.text(node, pointer, "description"),
                fields.texts(node, pointer, "covers"), with,
                fields.expression(node, pointer, "when"), fields.expression(node, pointer, "expect"),
                fields.onFailure(node, pointer),
                retry(node, pointer), fields.duration(node, pointer, "timeout"),
                fields.duration(node, pointer, "heartbeat"),
                pivot(node, pointer, name), fields.bool(node, pointer, "background"), kind(node, pointer),
                reliesOn(node, pointer));
        steps.add(step);
        places.add(new PlanSource.StepPlace(step, phase, groups, pointer));
    }

    private Step.Retry retry(JsonNode step, String stepPointer) {
        JsonNode node = step.path("retry");
        String pointer = stepPointer + "/retry";
        if (node.isMissingNode() || node.isNull()
                || !fields.checkFields(node, pointer, "'retry'", Set.of("attempts", "delay"))) {
            return Step.Retry.DEFAULT;
        }
        int attempts = Step.Retry.DEFAULT.attempts();
        if (node.has("attempts")) {
            JsonNode given = node.get("attempts");
            if (given.isInt() && given.intValue() >= 1) {
                attempts = given.intValue();
            } else {
                fields.fault(pointer + "/attempts", "'attempts' must be a whole number of at least 1, and is "
                        + SpecReader.describe(given));
            }
        }
        return new Step.Retry(attempts, fields.duration(node, pointer, "delay").orElse(Step.Retry.DEFAULT.delay()));
    }

    private Optional<StepKind> kind(JsonNode step, String pointer) {
        Optional<String> name = fields.optionalText(step, pointer, "kind");
        List<String> known = SpecReader.choices(StepKind.class);
        if (name.isPresent() && !known.contains(name.get())) {
            fields.fault(pointer + "/kind",
                    "a step has no kind '" + name.get() + "'" + NearestName.hint(name.get(), known));
            return Optional.empty();
        }
        return name.map(kind -> StepKind.values()[known.indexOf(kind)]);
    }

    private Map<String, String> reliesOn(JsonNode step, String pointer) {
        Map<String, String> reliesOn = new LinkedHashMap<>();
        fields.object(step, pointer, "relies-on").forEach((name, why) -> {
            if (why.isTextual() && !why.textValue().isBlank()) {
                reliesOn.put(name, why.textValue());
            } else {
                fields.fault(pointer + "/relies-on/" + PlanReader.escape(name), "say why it relies on '" + name
                        + "': what would not work without, for whoever wants to take that back alone");
            }
        });
        return reliesOn;
    }

    private Optional<String> pivot(JsonNode step, String pointer, String name) {
        JsonNode node = step.path("pivot");
        if (node.isMissingNode()) {
            return Optional.empty();
        }
        if (node.isBoolean() && node.booleanValue()) {
            return Optional.of(Step.lossSince(name));
        }
        if (node.isTextual() && !node.textValue().isBlank()) {
            return Optional.of(node.textValue());
        }
        fields.fault(pointer + "/pivot", "'pivot' must be true or say what others may have written since, and is "
                + SpecReader.describe(node));
        return Optional.empty();
    }
}
