package dev.godwit.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.godwit.json.Durations;
import dev.godwit.run.RunState;
import dev.godwit.step.SpecReader;
import dev.godwit.step.StepKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Reads a plan's YAML. It knows a plan's form; what its steps and resources may say is for {@link PlanChecker}. */
public final class PlanReader {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]*");
    private static final Pattern PLAN_NAME = Pattern.compile("[a-z][a-z0-9_-]*");
    private static final int MAX_NAME_LENGTH = 100;

    private static final Set<String> PLAN_FIELDS = Set.of("name", "description", "target", "parameters", "values",
            "resources", "on-failure", "accept-loss", "notify", "phases", "checklist");
    private static final Set<String> PARAMETER_FIELDS = Set.of("type", "description", "required", "default", "enum");
    private static final Set<String> NOTICE_FIELDS = Set.of("to", "on", "text");
    private static final Set<String> PHASE_FIELDS = Set.of("name", "kind", "description", "estimate", "when",
            "approval", "on-failure", "steps");
    private static final Set<String> APPROVAL_FIELDS = Set.of("reason", "timeout");
    private static final Set<String> STEP_FIELDS = Set.of("name", "uses", "description", "covers", "with", "when",
            "expect", "on-failure", "retry", "timeout", "heartbeat", "pivot", "background", "kind", "relies-on");
    private static final String FINALIZE = "finalize";
    private static final String DIAGNOSIS = "diagnosis";
    private static final Set<String> LINE_FIELDS = Set.of("line", "answered-by");

    private final YamlTree tree;
    private final FaultList faults;
    private final Map<String, Integer> phaseLines = new HashMap<>();
    private final Map<String, Integer> stepLines = new HashMap<>();
    private final List<PlanSource.StepPlace> places = new ArrayList<>();
    private final Map<Phase, String> phasePointers = new IdentityHashMap<>();
    private int groups;

    private PlanReader(YamlTree tree, FaultList faults) {
        this.tree = tree;
        this.faults = faults;
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
        return new PlanSource(plan, tree, List.copyOf(reader.places), reader.phasePointers);
    }

    private Plan plan() {
        JsonNode root = tree.root();
        if (!root.isMissingNode()) {
            checkFields(root, "", "a plan", PLAN_FIELDS);
        }
        String name = root.isObject() ? planName(root) : "";
        return new Plan(name, text(root, "", "description"), optionalText(root, "", "target"), parameters(root),
                values(root), resources(root), onFailure(root, "").orElse(OnFailure.ROLLBACK),
                bool(root, "", "accept-loss"), notices(root), phases(root), checklist(root));
    }

    private List<Notice> notices(JsonNode root) {
        List<Notice> notices = new ArrayList<>();
        List<JsonNode> nodes = list(root, "", "notify");
        for (int i = 0; i < nodes.size(); i++) {
            JsonNode node = nodes.get(i);
            String pointer = "/notify/" + i;
            if (checkFields(node, pointer, "a line of 'notify'", NOTICE_FIELDS)) {
                if (!node.has("to")) {
                    fault(pointer, "missing field 'to' of a line of 'notify'");
                }
                notices.add(new Notice(text(node, pointer, "to"),
                        node.has("on") ? states(node, pointer) : Notice.DEFAULT,
                        optionalText(node, pointer, "text")));
            }
        }
        return List.copyOf(notices);
    }

    private List<RunState> states(JsonNode notice, String pointer) {
        List<RunState> states = new ArrayList<>();
        List<String> known = SpecReader.choices(RunState.class);
        List<String> names = texts(notice, pointer, "on");
        for (int i = 0; i < names.size(); i++) {
            int index = known.indexOf(names.get(i));
            if (index >= 0) {
                states.add(RunState.values()[index]);
            } else {
                fault(pointer + "/on/" + i, "a run has no state '" + names.get(i) + "'"
                        + NearestName.hint(names.get(i), known));
            }
        }
        if (names.isEmpty() && notice.get("on").isArray()) {
            fault(pointer + "/on", "'on' names at least one state; leave it out for whatever people care about");
        }
        return states;
    }

    private String planName(JsonNode root) {
        return checkedName(root, "", "the plan", PLAN_NAME, "[a-z][a-z0-9_-]*");
    }

    private Map<String, Parameter> parameters(JsonNode root) {
        Map<String, Parameter> parameters = new LinkedHashMap<>();
        fields(root, "", "parameters").forEach((name, node) -> {
            String pointer = "/parameters/" + escape(name);
            checkName(name, pointer);
            if (checkFields(node, pointer, "a parameter", PARAMETER_FIELDS)) {
                parameters.put(name, parameter(node, pointer));
            }
        });
        return Collections.unmodifiableMap(parameters);
    }

    private Parameter parameter(JsonNode node, String pointer) {
        Parameter.Type type = Parameter.Type.STRING;
        Optional<String> typeName = optionalText(node, pointer, "type");
        if (typeName.isPresent()) {
            List<String> known = SpecReader.choices(Parameter.Type.class);
            int index = known.indexOf(typeName.get());
            if (index < 0) {
                fault(pointer + "/type", "there is no parameter type '" + typeName.get() + "'"
                        + NearestName.hint(typeName.get(), known));
            } else {
                type = Parameter.Type.values()[index];
            }
        }
        boolean required = bool(node, pointer, "required");
        Optional<JsonNode> value = Optional.ofNullable(node.get("default")).filter(given -> !given.isNull());
        List<JsonNode> choices = new ArrayList<>();
        list(node, pointer, "enum").forEach(choices::add);
        if (required && value.isPresent()) {
            fault(pointer + "/default", "a required parameter has no default; leave out one of the two");
        }
        for (int i = 0; i < choices.size(); i++) {
            checkValue(choices.get(i), type, pointer + "/enum/" + i);
        }
        if (value.isPresent()) {
            checkValue(value.get(), type, pointer + "/default");
            if (!choices.isEmpty() && !choices.contains(value.get())) {
                fault(pointer + "/default", "the default " + value.get() + " is not in the enum");
            }
        }
        return new Parameter(type, text(node, pointer, "description"), required, value, List.copyOf(choices));
    }

    private void checkValue(JsonNode value, Parameter.Type type, String pointer) {
        ParameterValues.problem(value, type).ifPresent(problem -> fault(pointer, "this value " + problem));
    }

    private Map<String, JsonNode> values(JsonNode root) {
        Map<String, JsonNode> values = fields(root, "", "values");
        values.keySet().forEach(name -> checkName(name, "/values/" + escape(name)));
        return Collections.unmodifiableMap(values);
    }

    private Map<String, JsonNode> resources(JsonNode root) {
        Map<String, JsonNode> resources = new LinkedHashMap<>();
        fields(root, "", "resources").forEach((name, node) -> {
            String pointer = "/resources/" + escape(name);
            checkName(name, pointer);
            if (!node.isObject()) {
                fault(pointer, "a resource must be an object such as {kind: directory, path: ...}, and is "
                        + SpecReader.describe(node));
                resources.put(name, JsonNodeFactory.instance.objectNode());
                return;
            }
            if (optionalText(node, pointer, "kind").isEmpty() && !node.has("kind")) {
                fault(pointer, "missing field 'kind' of the resource '" + name + "'");
            }
            optionalText(node, pointer, "site").ifPresent(site -> {
                if (!site.matches("[a-z0-9][a-z0-9._-]*")) {
                    fault(pointer + "/site",
                            "'" + site + "' is not the name of a site; it must match [a-z0-9][a-z0-9._-]*");
                }
            });
            resources.put(name, node);
        });
        return Collections.unmodifiableMap(resources);
    }

    private List<Phase> phases(JsonNode root) {
        List<Phase> phases = new ArrayList<>();
        List<JsonNode> nodes = list(root, "", "phases");
        if (nodes.isEmpty() && root.isObject() && (!root.has("phases") || root.get("phases").isArray())) {
            fault("/phases", "a plan needs at least one phase under 'phases'");
        }
        for (int i = 0; i < nodes.size(); i++) {
            String pointer = "/phases/" + i;
            if (checkFields(nodes.get(i), pointer, "a phase", PHASE_FIELDS)) {
                phases.add(phase(nodes.get(i), pointer, nodes.subList(i + 1, nodes.size())));
            }
        }
        return List.copyOf(phases);
    }

    private Phase phase(JsonNode node, String pointer, List<JsonNode> later) {
        String name = uniqueName(node, pointer, "a phase", phaseLines);
        String kind = phaseKind(node, pointer, later);
        boolean finalizing = kind.equals(FINALIZE);
        boolean diagnosing = kind.equals(DIAGNOSIS);
        Optional<OnFailure> onFailure = onFailure(node, pointer);
        Optional<Approval> approval = approval(node, pointer);
        Phase phase = new Phase(name, text(node, pointer, "description"), duration(node, pointer, "estimate"),
                expression(node, pointer, "when"), onFailure, approval, finalizing, diagnosing,
                groups(node, pointer, name));
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
        String kind = optionalText(node, pointer, "kind").orElse("");
        if (kind.equals(FINALIZE) && !later.isEmpty()) {
            fault(pointer + "/kind", "only the last phase can be of kind 'finalize': nothing before it could be"
                    + " taken back");
        }
        if (kind.equals(DIAGNOSIS)
                && later.stream()
                        .anyMatch(phase -> !List.of(FINALIZE, DIAGNOSIS).contains(phase.path("kind").asText()))) {
            fault(pointer + "/kind", "a phase of kind 'diagnosis' looks at what earlier phases left when they failed;"
                    + " only one of kind 'finalize' may come after it");
        }
        if (!kind.isEmpty() && !List.of(FINALIZE, DIAGNOSIS).contains(kind)) {
            fault(pointer + "/kind", "there is no kind of phase '" + kind + "'"
                    + NearestName.hint(kind, List.of(FINALIZE, DIAGNOSIS)));
        }
        return kind;
    }

    private void checkDiagnosis(Phase phase, String pointer) {
        if (phase.onFailure().isPresent()) {
            fault(pointer + "/on-failure", "a phase of kind 'diagnosis' always goes on; leave 'on-failure' out");
        }
        if (phase.approval().isPresent()) {
            fault(pointer + "/approval", "a phase of kind 'diagnosis' waits for nobody; leave 'approval' out");
        }
    }

    private void checkFinalize(Phase phase, String pointer) {
        phase.onFailure().ifPresent(given -> checkWithoutUndo(given, pointer));
        if (phase.approval().isPresent()) {
            fault(pointer + "/approval", "a phase of kind 'finalize' waits for 'finalize' in any case; leave"
                    + " 'approval' out");
        }
        for (PlanSource.StepPlace place : places) {
            if (phase.steps().stream().anyMatch(step -> step == place.step())) {
                place.step().onFailure().ifPresent(given -> checkWithoutUndo(given, place.pointer()));
            }
        }
    }

    private void checkWithoutUndo(OnFailure given, String pointer) {
        if (given != OnFailure.PAUSE && given != OnFailure.CONTINUE) {
            fault(pointer + "/on-failure", "nothing in a phase of kind 'finalize' can be taken back; write pause or"
                    + " continue");
        }
    }

    private Optional<Approval> approval(JsonNode phase, String phasePointer) {
        JsonNode node = phase.path("approval");
        String pointer = phasePointer + "/approval";
        if (node.isMissingNode() || !checkFields(node, pointer, "'approval'", APPROVAL_FIELDS)) {
            return Optional.empty();
        }
        return Optional.of(new Approval(text(node, pointer, "reason"), duration(node, pointer, "timeout")));
    }

    private List<StepGroup> groups(JsonNode phase, String pointer, String phaseName) {
        List<StepGroup> read = new ArrayList<>();
        List<JsonNode> items = list(phase, pointer, "steps");
        if (items.isEmpty() && (!phase.has("steps") || phase.get("steps").isArray())) {
            fault(pointer, "a phase needs at least one step under 'steps'");
        }
        for (int i = 0; i < items.size(); i++) {
            JsonNode item = items.get(i);
            String itemPointer = pointer + "/steps/" + i;
            groups++;
            List<Step> steps = new ArrayList<>();
            if (item.has("parallel")) {
                checkFields(item, itemPointer, "a parallel group", Set.of("parallel"));
                List<JsonNode> members = list(item, itemPointer, "parallel");
                if (members.isEmpty() && item.get("parallel").isArray()) {
                    fault(itemPointer, "a parallel group needs at least one step");
                }
                for (int member = 0; member < members.size(); member++) {
                    String memberPointer = itemPointer + "/parallel/" + member;
                    step(members.get(member), memberPointer, phaseName, steps);
                    if (members.get(member).path("background").asBoolean()) {
                        fault(memberPointer + "/background",
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
            fault(pointer, "parallel groups cannot be nested; write the steps into the outer one");
            return;
        }
        if (!checkFields(node, pointer, "a step", STEP_FIELDS)) {
            return;
        }
        String name = uniqueName(node, pointer, "a step", stepLines);
        String uses = text(node, pointer, "uses");
        if (!node.has("uses")) {
            fault(pointer, "missing field 'uses' of " + (name.isEmpty() ? "a step" : "the step '" + name + "'"));
        }
        JsonNode with = node.path("with");
        if (!with.isObject()) {
            if (!with.isMissingNode() && !with.isNull()) {
                fault(pointer + "/with", "'with' must be an object, and is " + SpecReader.describe(with));
            }
            with = JsonNodeFactory.instance.objectNode();
        }
        Step step = new Step(name, uses, text(node, pointer, "description"), texts(node, pointer, "covers"), with,
                expression(node, pointer, "when"), expression(node, pointer, "expect"), onFailure(node, pointer),
                retry(node, pointer), duration(node, pointer, "timeout"), duration(node, pointer, "heartbeat"),
                pivot(node, pointer, name), bool(node, pointer, "background"), kind(node, pointer),
                reliesOn(node, pointer));
        steps.add(step);
        places.add(new PlanSource.StepPlace(step, phase, groups, pointer));
    }

    private Step.Retry retry(JsonNode step, String stepPointer) {
        JsonNode node = step.path("retry");
        String pointer = stepPointer + "/retry";
        if (node.isMissingNode() || node.isNull()
                || !checkFields(node, pointer, "'retry'", Set.of("attempts", "delay"))) {
            return Step.Retry.DEFAULT;
        }
        int attempts = Step.Retry.DEFAULT.attempts();
        if (node.has("attempts")) {
            JsonNode given = node.get("attempts");
            if (given.isInt() && given.intValue() >= 1) {
                attempts = given.intValue();
            } else {
                fault(pointer + "/attempts", "'attempts' must be a whole number of at least 1, and is "
                        + SpecReader.describe(given));
            }
        }
        return new Step.Retry(attempts, duration(node, pointer, "delay").orElse(Step.Retry.DEFAULT.delay()));
    }

    private Optional<StepKind> kind(JsonNode step, String pointer) {
        Optional<String> name = optionalText(step, pointer, "kind");
        List<String> known = SpecReader.choices(StepKind.class);
        if (name.isPresent() && !known.contains(name.get())) {
            fault(pointer + "/kind", "a step has no kind '" + name.get() + "'" + NearestName.hint(name.get(), known));
            return Optional.empty();
        }
        return name.map(kind -> StepKind.values()[known.indexOf(kind)]);
    }

    private Map<String, String> reliesOn(JsonNode step, String pointer) {
        Map<String, String> reliesOn = new LinkedHashMap<>();
        fields(step, pointer, "relies-on").forEach((name, why) -> {
            if (why.isTextual() && !why.textValue().isBlank()) {
                reliesOn.put(name, why.textValue());
            } else {
                fault(pointer + "/relies-on/" + escape(name), "say why it relies on '" + name
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
        fault(pointer + "/pivot", "'pivot' must be true or say what others may have written since, and is "
                + SpecReader.describe(node));
        return Optional.empty();
    }

    private Optional<OnFailure> onFailure(JsonNode parent, String parentPointer) {
        JsonNode node = parent.path("on-failure");
        String pointer = parentPointer + "/on-failure";
        if (node.isMissingNode()) {
            return Optional.empty();
        }
        if (node.isObject()) {
            boolean complete = node.path("undo").asText().equals("phase")
                    && node.path("then").asText().equals("continue");
            if (complete && node.size() == 2) {
                return Optional.of(OnFailure.UNDO_PHASE);
            }
        }
        if (node.isTextual()) {
            switch (node.textValue()) {
                case "rollback" -> {
                    return Optional.of(OnFailure.ROLLBACK);
                }
                case "continue" -> {
                    return Optional.of(OnFailure.CONTINUE);
                }
                case "pause" -> {
                    return Optional.of(OnFailure.PAUSE);
                }
                default -> {
                    // Reported below.
                }
            }
        }
        String hint = node.isTextual()
                ? NearestName.of(node.textValue(), List.of("rollback", "pause", "continue"))
                        .map(near -> "; did you mean '" + near + "'?")
                        .orElse("")
                : "";
        fault(pointer, "'on-failure' must be rollback, pause, continue or {undo: phase, then: continue}, and is "
                + SpecReader.describe(node) + hint);
        return Optional.empty();
    }

    private Map<String, List<ChecklistLine>> checklist(JsonNode root) {
        Map<String, List<ChecklistLine>> checklist = new LinkedHashMap<>();
        fields(root, "", "checklist").keySet().forEach(section -> {
            List<ChecklistLine> lines = new ArrayList<>();
            List<JsonNode> nodes = list(root.get("checklist"), "/checklist", section);
            for (int i = 0; i < nodes.size(); i++) {
                JsonNode node = nodes.get(i);
                String pointer = "/checklist/" + escape(section) + "/" + i;
                if (node.isTextual()) {
                    lines.add(new ChecklistLine(node.textValue(), List.of()));
                } else if (checkFields(node, pointer, "a line of the checklist", LINE_FIELDS)) {
                    if (!node.has("line")) {
                        fault(pointer, "missing field 'line'");
                    }
                    lines.add(new ChecklistLine(text(node, pointer, "line"), texts(node, pointer, "answered-by")));
                }
            }
            checklist.put(section, List.copyOf(lines));
        });
        return Collections.unmodifiableMap(checklist);
    }

    /** Whether the node is an object; reports if it is not, and its unknown fields. */
    private boolean checkFields(JsonNode node, String pointer, String what, Set<String> known) {
        if (!node.isObject()) {
            fault(pointer, what + " must be an object, and is " + SpecReader.describe(node));
            return false;
        }
        node.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                String near = NearestName.of(name, known)
                        .map(right -> "; did you mean '" + right + "'?")
                        .orElse("; known: " + String.join(", ", new TreeSet<>(known)));
                fault(pointer + "/" + escape(name), "unknown field '" + name + "' of " + what + near);
            }
        });
        return true;
    }

    private String uniqueName(JsonNode node, String pointer, String what, Map<String, Integer> lines) {
        String name = checkedName(node, pointer, what, NAME, "[a-z][a-z0-9_]*");
        int line = tree.at(pointer + "/name").line();
        Integer first = name.isEmpty() ? null : lines.putIfAbsent(name, line);
        if (first != null) {
            fault(pointer + "/name", what + " named '" + name + "' is there already, in line " + first);
        }
        return name;
    }

    private String checkedName(JsonNode node, String pointer, String what, Pattern pattern, String shown) {
        if (!node.has("name")) {
            fault(pointer, "missing field 'name' of " + what);
            return "";
        }
        String name = text(node, pointer, "name");
        if (!name.isEmpty() || node.get("name").isTextual()) {
            checkName(name, pointer + "/name", pattern, shown);
        }
        return name;
    }

    private void checkName(String name, String pointer) {
        checkName(name, pointer, NAME, "[a-z][a-z0-9_]*");
    }

    private void checkName(String name, String pointer, Pattern pattern, String shown) {
        if (!pattern.matcher(name).matches()) {
            fault(pointer, "'" + name + "' is not a name; it must match " + shown);
        } else if (name.length() > MAX_NAME_LENGTH) {
            fault(pointer, "a name has at most " + MAX_NAME_LENGTH + " characters, and this one " + name.length());
        }
    }

    private Optional<String> expression(JsonNode node, String pointer, String name) {
        JsonNode value = node.path(name);
        if (value.isBoolean()) {
            return Optional.of(value.asText());
        }
        Optional<String> text = optionalText(node, pointer, name);
        if (text.isPresent() && text.get().contains("${{")) {
            fault(pointer + "/" + name, "'" + name + "' is an expression already; write it without ${{ }}");
            return Optional.empty();
        }
        return text;
    }

    private String text(JsonNode node, String pointer, String name) {
        return optionalText(node, pointer, name).orElse("");
    }

    private Optional<String> optionalText(JsonNode node, String pointer, String name) {
        JsonNode value = node.path(name);
        if (value.isMissingNode()) {
            return Optional.empty();
        }
        if (!value.isTextual()) {
            fault(pointer + "/" + name, "'" + name + "' must be a text, and is " + SpecReader.describe(value));
            return Optional.empty();
        }
        return Optional.of(value.textValue());
    }

    private List<String> texts(JsonNode node, String pointer, String name) {
        List<String> texts = new ArrayList<>();
        List<JsonNode> items = list(node, pointer, name);
        for (int i = 0; i < items.size(); i++) {
            if (items.get(i).isContainerNode() || items.get(i).isNull()) {
                fault(pointer + "/" + name + "/" + i,
                        "this must be a text, and is " + SpecReader.describe(items.get(i)));
            } else {
                texts.add(items.get(i).asText());
            }
        }
        return List.copyOf(texts);
    }

    private boolean bool(JsonNode node, String pointer, String name) {
        JsonNode value = node.path(name);
        if (!value.isMissingNode() && !value.isBoolean()) {
            fault(pointer + "/" + name, "'" + name + "' must be true or false, and is " + SpecReader.describe(value));
        }
        return value.asBoolean(false);
    }

    private Optional<Duration> duration(JsonNode node, String pointer, String name) {
        JsonNode value = node.path(name);
        if (value.isMissingNode()) {
            return Optional.empty();
        }
        try {
            Duration duration = Durations.parse(value.asText());
            if (!duration.isZero() || name.equals("delay")) {
                return Optional.of(duration);
            }
            fault(pointer + "/" + name, "'" + name + "' must be longer than nothing");
        } catch (IllegalArgumentException | ArithmeticException e) {
            fault(pointer + "/" + name, "'" + name + "': " + (e instanceof NumberFormatException
                    || e instanceof ArithmeticException ? "'" + value.asText() + "' is too long" : e.getMessage()));
        }
        return Optional.empty();
    }

    private List<JsonNode> list(JsonNode node, String pointer, String name) {
        JsonNode value = node.path(name);
        List<JsonNode> items = new ArrayList<>();
        if (value.isArray()) {
            value.forEach(items::add);
        } else if (!value.isMissingNode()) {
            fault(pointer + "/" + escape(name), "'" + name + "' must be a list, and is " + SpecReader.describe(value));
        }
        return items;
    }

    private Map<String, JsonNode> fields(JsonNode node, String pointer, String name) {
        JsonNode value = node.path(name);
        Map<String, JsonNode> fields = new LinkedHashMap<>();
        if (value.isObject()) {
            value.properties().forEach(field -> fields.put(field.getKey(), field.getValue()));
        } else if (!value.isMissingNode()) {
            fault(pointer + "/" + name, "'" + name + "' must be an object, and is " + SpecReader.describe(value));
        }
        return fields;
    }

    private void fault(String pointer, String message) {
        faults.add(tree.at(pointer), message);
    }

    static String escape(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }
}
