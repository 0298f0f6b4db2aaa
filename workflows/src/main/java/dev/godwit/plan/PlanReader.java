package dev.godwit.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.godwit.run.RunState;
import dev.godwit.step.SpecReader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads a plan's YAML. It knows a plan's form; what its steps and resources may say is for {@link PlanChecker}. */
public final class PlanReader {
    private static final Pattern PLAN_NAME = Pattern.compile("[a-z][a-z0-9_-]*");

    private static final Set<String> PLAN_FIELDS = Set.of("name", "description", "target", "parameters", "values",
            "resources", "on-failure", "accept-loss", "notify", "phases", "checklist");
    private static final Set<String> PARAMETER_FIELDS = Set.of("type", "description", "required", "default", "enum");
    private static final Set<String> NOTICE_FIELDS = Set.of("to", "on", "text");
    private static final Set<String> PHASE_FIELDS = Set.of("name", "kind", "description", "estimate", "when",
            "approval", "on-failure", "steps");
    private static final Set<String> APPROVAL_FIELDS = Set.of("reason", "timeout");
    private static final String FINALIZE = "finalize";
    private static final String DIAGNOSIS = "diagnosis";
    private static final Set<String> LINE_FIELDS = Set.of("line", "answered-by");

    private final YamlTree tree;
    private final PlanFields fields;
    private final PlanSteps steps;
    private final Map<String, Integer> phaseLines = new HashMap<>();
    private final Map<Phase, String> phasePointers = new IdentityHashMap<>();

    private PlanReader(YamlTree tree, FaultList faults) {
        this.tree = tree;
        this.fields = new PlanFields(tree, faults);
        this.steps = new PlanSteps(fields);
    }

    /**
     * Reads a plan.
     *
     * @param file what to call it in faults
     * @throws InvalidPlanException with all faults of form, if there are any
     */
    public static Plan read(String file, String text) {
        FaultList faults = new FaultList(file);
        PlanSource source = read(text, faults);
        faults.throwIfAny();
        return source.plan();
    }

    /** Reads a plan as far as its faults allow. */
    static PlanSource read(String text, FaultList faults) {
        YamlTree tree = YamlTree.read(text, faults);
        PlanReader reader = new PlanReader(tree, faults);
        Plan plan = reader.plan();
        return new PlanSource(plan, tree, reader.steps.places(), reader.phasePointers);
    }

    private Plan plan() {
        JsonNode root = tree.root();
        if (!root.isMissingNode()) {
            fields.checkFields(root, "", "a plan", PLAN_FIELDS);
        }
        String name = root.isObject() ? planName(root) : "";
        return new Plan(name, fields.text(root, "", "description"), fields.optionalText(root, "", "target"),
                parameters(root),
                values(root), resources(root), fields.onFailure(root, "").orElse(OnFailure.ROLLBACK),
                fields.bool(root, "", "accept-loss"), notices(root), phases(root), checklist(root));
    }

    private List<Notice> notices(JsonNode root) {
        List<Notice> notices = new ArrayList<>();
        List<JsonNode> nodes = fields.list(root, "", "notify");
        for (int i = 0; i < nodes.size(); i++) {
            JsonNode node = nodes.get(i);
            String pointer = "/notify/" + i;
            if (fields.checkFields(node, pointer, "a line of 'notify'", NOTICE_FIELDS)) {
                if (!node.has("to")) {
                    fields.fault(pointer, "missing field 'to' of a line of 'notify'");
                }
                notices.add(new Notice(fields.text(node, pointer, "to"),
                        node.has("on") ? states(node, pointer) : Notice.DEFAULT,
                        fields.optionalText(node, pointer, "text")));
            }
        }
        return List.copyOf(notices);
    }

    private List<RunState> states(JsonNode notice, String pointer) {
        List<RunState> states = new ArrayList<>();
        List<String> known = SpecReader.choices(RunState.class);
        List<String> names = fields.texts(notice, pointer, "on");
        for (int i = 0; i < names.size(); i++) {
            int index = known.indexOf(names.get(i));
            if (index >= 0) {
                states.add(RunState.values()[index]);
            } else {
                fields.fault(pointer + "/on/" + i, "a run has no state '" + names.get(i) + "'"
                        + NearestName.hint(names.get(i), known));
            }
        }
        if (names.isEmpty() && notice.get("on").isArray()) {
            fields.fault(pointer + "/on", "'on' names at least one state; leave it out for whatever people care about");
        }
        return states;
    }

    private String planName(JsonNode root) {
        return fields.checkedName(root, "", "the plan", PLAN_NAME, "[a-z][a-z0-9_-]*");
    }

    private Map<String, Parameter> parameters(JsonNode root) {
        Map<String, Parameter> parameters = new LinkedHashMap<>();
        fields.object(root, "", "parameters").forEach((name, node) -> {
            String pointer = "/parameters/" + escape(name);
            fields.checkName(name, pointer);
            if (fields.checkFields(node, pointer, "a parameter", PARAMETER_FIELDS)) {
                parameters.put(name, parameter(node, pointer));
            }
        });
        return Collections.unmodifiableMap(parameters);
    }

    private Parameter parameter(JsonNode node, String pointer) {
        Parameter.Type type = Parameter.Type.STRING;
        Optional<String> typeName = fields.optionalText(node, pointer, "type");
        if (typeName.isPresent()) {
            List<String> known = SpecReader.choices(Parameter.Type.class);
            int index = known.indexOf(typeName.get());
            if (index < 0) {
                fields.fault(pointer + "/type", "there is no parameter type '" + typeName.get() + "'"
                        + NearestName.hint(typeName.get(), known));
            } else {
                type = Parameter.Type.values()[index];
            }
        }
        boolean required = fields.bool(node, pointer, "required");
        Optional<JsonNode> value = Optional.ofNullable(node.get("default")).filter(given -> !given.isNull());
        List<JsonNode> choices = new ArrayList<>();
        fields.list(node, pointer, "enum").forEach(choices::add);
        if (required && value.isPresent()) {
            fields.fault(pointer + "/default", "a required parameter has no default; leave out one of the two");
        }
        for (int i = 0; i < choices.size(); i++) {
            checkValue(choices.get(i), type, pointer + "/enum/" + i);
        }
        if (value.isPresent()) {
            checkValue(value.get(), type, pointer + "/default");
            if (!choices.isEmpty() && !choices.contains(value.get())) {
                fields.fault(pointer + "/default", "the default " + value.get() + " is not in the enum");
            }
        }
        return new Parameter(type, fields.text(node, pointer, "description"), required, value, List.copyOf(choices));
    }

    private void checkValue(JsonNode value, Parameter.Type type, String pointer) {
        ParameterValues.problem(value, type).ifPresent(problem -> fields.fault(pointer, "this value " + problem));
    }

    private Map<String, JsonNode> values(JsonNode root) {
        Map<String, JsonNode> values = fields.object(root, "", "values");
        values.keySet().forEach(name -> fields.checkName(name, "/values/" + escape(name)));
        return Collections.unmodifiableMap(values);
    }

    private Map<String, JsonNode> resources(JsonNode root) {
        Map<String, JsonNode> resources = new LinkedHashMap<>();
        fields.object(root, "", "resources").forEach((name, node) -> {
            String pointer = "/resources/" + escape(name);
            fields.checkName(name, pointer);
            if (!node.isObject()) {
                fields.fault(pointer, "a resource must be an object such as {kind: directory, path: ...}, and is "
                        + SpecReader.describe(node));
                resources.put(name, JsonNodeFactory.instance.objectNode());
                return;
            }
            if (fields.optionalText(node, pointer, "kind").isEmpty() && !node.has("kind")) {
                fields.fault(pointer, "missing field 'kind' of the resource '" + name + "'");
            }
            fields.optionalText(node, pointer, "site").ifPresent(site -> {
                if (!site.matches("[a-z0-9][a-z0-9._-]*")) {
                    fields.fault(pointer + "/site",
                            "'" + site + "' is not the name of a site; it must match [a-z0-9][a-z0-9._-]*");
                }
            });
            resources.put(name, node);
        });
        return Collections.unmodifiableMap(resources);
    }

    private List<Phase> phases(JsonNode root) {
        List<Phase> phases = new ArrayList<>();
        List<JsonNode> nodes = fields.list(root, "", "phases");
        if (nodes.isEmpty() && root.isObject() && (!root.has("phases") || root.get("phases").isArray())) {
            fields.fault("/phases", "a plan needs at least one phase under 'phases'");
        }
        for (int i = 0; i < nodes.size(); i++) {
            String pointer = "/phases/" + i;
            if (fields.checkFields(nodes.get(i), pointer, "a phase", PHASE_FIELDS)) {
                phases.add(phase(nodes.get(i), pointer, nodes.subList(i + 1, nodes.size())));
            }
        }
        return List.copyOf(phases);
    }

    private Phase phase(JsonNode node, String pointer, List<JsonNode> later) {
        String name = fields.uniqueName(node, pointer, "a phase", phaseLines);
        String kind = phaseKind(node, pointer, later);
        boolean finalizing = kind.equals(FINALIZE);
        boolean diagnosing = kind.equals(DIAGNOSIS);
        Optional<OnFailure> onFailure = fields.onFailure(node, pointer);
        Optional<Approval> approval = approval(node, pointer);
        Phase phase = new Phase(name, fields.text(node, pointer, "description"),
                fields.duration(node, pointer, "estimate"),
                fields.expression(node, pointer, "when"), onFailure, approval, finalizing, diagnosing,
                steps.groups(node, pointer, name));
        if (diagnosing) {
            checkDiagnosis(phase, pointer);
            phase = phase.withOnFailure(OnFailure.CONTINUE);
        }
        if (finalizing) {
            checkFinalize(phase, pointer);
            // Nothing can be taken back, so unlike elsewhere a failure waits for a person where the phase does not say.
            phase = phase.withOnFailure(onFailure.orElse(OnFailure.PAUSE));
        }
        phasePointers.put(phase, pointer);
        return phase;
    }

    /** Empty for an ordinary phase. */
    private String phaseKind(JsonNode node, String pointer, List<JsonNode> later) {
        String kind = fields.optionalText(node, pointer, "kind").orElse("");
        if (kind.equals(FINALIZE) && !later.isEmpty()) {
            fields.fault(pointer + "/kind", "only the last phase can be of kind 'finalize': nothing before it could be"
                    + " taken back");
        }
        if (kind.equals(DIAGNOSIS)
                && later.stream()
                        .anyMatch(phase -> !List.of(FINALIZE, DIAGNOSIS).contains(phase.path("kind").asText()))) {
            fields.fault(pointer + "/kind",
                    "a phase of kind 'diagnosis' looks at what earlier phases left when they failed;"
                            + " only one of kind 'finalize' may come after it");
        }
        if (!kind.isEmpty() && !List.of(FINALIZE, DIAGNOSIS).contains(kind)) {
            fields.fault(pointer + "/kind", "there is no kind of phase '" + kind + "'"
                    + NearestName.hint(kind, List.of(FINALIZE, DIAGNOSIS)));
        }
        return kind;
    }

    private void checkDiagnosis(Phase phase, String pointer) {
        if (phase.onFailure().isPresent()) {
            fields.fault(pointer + "/on-failure", "a phase of kind 'diagnosis' always goes on; leave 'on-failure' out");
        }
        if (phase.approval().isPresent()) {
            fields.fault(pointer + "/approval", "a phase of kind 'diagnosis' waits for nobody; leave 'approval' out");
        }
    }

    private void checkFinalize(Phase phase, String pointer) {
        phase.onFailure().ifPresent(given -> checkWithoutUndo(given, pointer));
        if (phase.approval().isPresent()) {
            fields.fault(pointer + "/approval", "a phase of kind 'finalize' waits for 'finalize' in any case; leave"
                    + " 'approval' out");
        }
        for (PlanSource.StepPlace place : steps.places()) {
            if (phase.steps().stream().anyMatch(step -> step == place.step())) {
                place.step().onFailure().ifPresent(given -> checkWithoutUndo(given, place.pointer()));
            }
        }
    }

    private void checkWithoutUndo(OnFailure given, String pointer) {
        if (given != OnFailure.PAUSE && given != OnFailure.CONTINUE) {
            fields.fault(pointer + "/on-failure",
                    "nothing in a phase of kind 'finalize' can be taken back; write pause or"
                            + " continue");
        }
    }

    private Optional<Approval> approval(JsonNode phase, String phasePointer) {
        JsonNode node = phase.path("approval");
        String pointer = phasePointer + "/approval";
        if (node.isMissingNode() || !fields.checkFields(node, pointer, "'approval'", APPROVAL_FIELDS)) {
            return Optional.empty();
        }
        return Optional
                .of(new Approval(fields.text(node, pointer, "reason"), fields.duration(node, pointer, "timeout")));
    }

    private Map<String, List<ChecklistLine>> checklist(JsonNode root) {
        Map<String, List<ChecklistLine>> checklist = new LinkedHashMap<>();
        fields.object(root, "", "checklist").keySet().forEach(section -> {
            List<ChecklistLine> lines = new ArrayList<>();
            List<JsonNode> nodes = fields.list(root.get("checklist"), "/checklist", section);
            for (int i = 0; i < nodes.size(); i++) {
                JsonNode node = nodes.get(i);
                String pointer = "/checklist/" + escape(section) + "/" + i;
                if (node.isTextual()) {
                    lines.add(new ChecklistLine(node.textValue(), List.of()));
                } else if (fields.checkFields(node, pointer, "a line of the checklist", LINE_FIELDS)) {
                    if (!node.has("line")) {
                        fields.fault(pointer, "missing field 'line'");
                    }
                    lines.add(new ChecklistLine(fields.text(node, pointer, "line"),
                            fields.texts(node, pointer, "answered-by")));
                }
            }
            checklist.put(section, List.copyOf(lines));
        });
        return Collections.unmodifiableMap(checklist);
    }

    static String escape(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }
}
