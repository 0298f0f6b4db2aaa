package dev.godwit.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.godwit.step.Catalog;
import dev.godwit.step.Of;
import dev.godwit.step.ResourceKind;
import dev.godwit.step.SpecReader;
import dev.godwit.step.Starts;
import dev.godwit.step.StepDescription;
import dev.godwit.step.StepKind;
import dev.godwit.step.Stops;
import java.lang.annotation.Annotation;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds all that is wrong with a plan before anything is done, and what workflow code must know about its steps. The
 * command line and a run's first activity ask the same question and so get the same answer.
 */
public final class PlanChecker {
    private final PlanSource source;
    private final Plan plan;
    private final FaultList faults;
    private final Map<String, StepDescription> types = new HashMap<>();
    private final Map<String, ResourceKind<?, ?>> kinds = new HashMap<>();
    private final ExpressionChecker expressions;
    private final Map<String, JsonNode> resources = new LinkedHashMap<>();
    private final Map<String, Set<String>> resourceNames = new HashMap<>();
    private final Map<String, StepFacts> facts = new LinkedHashMap<>();
    private final Map<String, List<String>> phaseNeeds = new LinkedHashMap<>();
    private final List<Notice> notices = new ArrayList<>();

    private PlanChecker(PlanSource source, Catalog catalog, FaultList faults) {
        this.source = source;
        this.plan = source.plan();
        this.faults = faults;
        catalog.stepTypes().forEach(type -> types.put(type.uses(), type));
        catalog.resourceKinds().forEach(kind -> kinds.put(kind.name(), kind));
        this.expressions = new ExpressionChecker(source, types, faults);
    }

    /**
     * Checks a plan and the parameters of a run.
     *
     * @param file what to call the plan in faults
     * @param parameters the values given
     * @param target what to migrate instead of what the plan says
     * @throws InvalidPlanException with all faults, if there are any
     */
    public static CheckedPlan check(String file, String text, Map<String, JsonNode> parameters,
            Optional<String> target, Catalog catalog) {
        FaultList faults = new FaultList(file);
        PlanChecker checker = new PlanChecker(PlanReader.read(text, faults), catalog, faults);
        return checker.check(text, parameters, target);
    }

    /**
     * Checks a plan as far as that is possible without the parameters of a run.
     *
     * @param file what to call the plan in faults
     * @throws InvalidPlanException with all faults, if there are any
     */
    public static Plan checkForm(String file, String text, Catalog catalog) {
        FaultList faults = new FaultList(file);
        PlanChecker checker = new PlanChecker(PlanReader.read(text, faults), catalog, faults);
        if (checker.source.root().isObject()) {
            checker.checkValues();
            checker.checkTarget();
            checker.checkParts();
        }
        faults.throwIfAny();
        return checker.plan;
    }

    private CheckedPlan check(String text, Map<String, JsonNode> given, Optional<String> givenTarget) {
        if (!source.root().isObject()) {
            faults.throwIfAny();
        }
        Map<String, JsonNode> parameters = ParameterValues.withDefaults(plan, given);
        boolean known = checkParameters(given) & checkValues();
        Map<String, JsonNode> values = known ? evaluateValues(parameters) : Map.of();
        known &= values.size() == plan.values().size();
        String target = checkTarget() && known ? resolveTarget(parameters, values, givenTarget) : "";
        if (known) {
            expressions.know(parameters, values);
        }
        checkParts();
        faults.throwIfAny();
        return new CheckedPlan(plan.withNotices(notices), sha256(text), target, parameters, values,
                Collections.unmodifiableMap(resources),
                Collections.unmodifiableMap(facts), Collections.unmodifiableMap(phaseNeeds));
    }

    private void checkParts() {
        plan.resources().forEach(this::checkResource);
        checkResourceCircles();
        for (int i = 0; i < plan.notices().size(); i++) {
            checkNotice(plan.notices().get(i), "/notify/" + i);
        }
        plan.phases().forEach(phase -> checkPhase(phase, source.pointerOf(phase)));
        source.places().forEach(this::checkStep);
        checkChecklist();
    }

    private boolean checkParameters(Map<String, JsonNode> given) {
        Map<String, String> problems = ParameterValues.check(plan, given);
        problems.forEach((name, problem) -> {
            if (plan.parameters().containsKey(name)) {
                fault("/parameters/" + PlanReader.escape(name), problem);
            } else {
                faults.add(problem);
            }
        });
        return problems.isEmpty();
    }

    private boolean checkTarget() {
        int before = faults.size();
        plan.target()
                .ifPresent(target -> expressions.template(TextNode.valueOf(target), "/target",
                        ExpressionChecker.Reader.beforeTheRun()));
        return faults.size() == before;
    }

    private boolean checkValues() {
        int before = faults.size();
        PlanValues.inOrder(plan, (name, problem) -> fault("/values/" + PlanReader.escape(name), problem));
        plan.values()
                .forEach((name, value) -> expressions.template(value, "/values/" + PlanReader.escape(name),
                        ExpressionChecker.Reader.beforeTheRun()));
        return faults.size() == before;
    }

    private Map<String, JsonNode> evaluateValues(Map<String, JsonNode> parameters) {
        return PlanValues.evaluate(plan, parameters,
                (name, problem) -> fault("/values/" + PlanReader.escape(name), problem));
    }

    private String resolveTarget(Map<String, JsonNode> parameters, Map<String, JsonNode> values,
            Optional<String> given) {
        try {
            return PlanHeader.target(plan, parameters, values, given);
        } catch (Expressions.ExpressionException e) {
            if (plan.target().isPresent() && given.isEmpty()) {
                fault("/target", e.getMessage());
            } else {
                faults.add(e.getMessage());
            }
            return "";
        }
    }

    private void checkResource(String name, JsonNode declaration) {
        String pointer = "/resources/" + PlanReader.escape(name);
        JsonNode resolved = expressions.template(declaration, pointer, ExpressionChecker.Reader.beforeTheRun());
        resources.put(name, resolved);
        String kindName = declaration.path("kind").asText();
        ResourceKind<?, ?> kind = kinds.get(kindName);
        if (kind == null) {
            if (!kindName.isEmpty()) {
                fault(pointer + "/kind",
                        "there is no kind of resource '" + kindName + "'" + NearestName.hint(kindName, kinds.keySet()));
            }
            return;
        }
        ObjectNode definition = resolved.deepCopy();
        definition.remove(List.of("kind", "site"));
        resourceNames.put(name, checkSpec(definition, kind.definition(), pointer));
    }

    /** Checks a spec or a definition, and returns the resources that it names. */
    private Set<String> checkSpec(JsonNode spec, Class<? extends Record> type, String pointer) {
        SpecReader.Findings findings = SpecReader.inspect(spec, type);
        findings.faults().forEach(fault -> fault(pointer + fault.pointer(), fault.message()));
        findings.queries().forEach(query -> expressions.calls(query.query().text(), pointer + query.pointer()));
        Set<String> named = new LinkedHashSet<>();
        for (SpecReader.FoundLocation location : findings.locations()) {
            checkLocation(location, pointer + location.pointer()).ifPresent(named::add);
        }
        return named;
    }

    private Optional<String> checkLocation(SpecReader.FoundLocation location, String pointer) {
        if (location.resource().isEmpty()) {
            if (ExpressionChecker.textReadsTheRun(location.text())) {
                fault(pointer, "'" + location.text()
                        + "': which resource it is must be known before the run; write RESOURCE:${{ ... }}");
            }
            return Optional.empty();
        }
        String name = location.resource().get();
        JsonNode resource = plan.resources().get(name);
        if (resource == null) {
            fault(pointer, "there is no resource '" + name + "'" + NearestName.hint(name, plan.resources().keySet()));
            return Optional.empty();
        }
        String kind = resource.path("kind").asText();
        if (!location.kinds().isEmpty() && kinds.containsKey(kind) && !location.kinds().contains(kind)) {
            fault(pointer, "'" + name + "' is a resource of kind '" + kind + "', and here belongs one of kind "
                    + String.join(" or ", location.kinds()));
        }
        return Optional.of(name);
    }

    private void checkResourceCircles() {
        Set<String> reported = new LinkedHashSet<>();
        for (String name : resourceNames.keySet()) {
            List<String> circle = new ArrayList<>();
            if (leadsTo(name, name, circle, new LinkedHashSet<>()) && Collections.disjoint(reported, circle)) {
                reported.addAll(circle);
                fault("/resources/" + PlanReader.escape(name),
                        "these resources name each other in a circle: " + name + " -> " + String.join(" -> ", circle));
            }
        }
    }

    private boolean leadsTo(String from, String wanted, List<String> way, Set<String> seen) {
        for (String next : resourceNames.getOrDefault(from, Set.of())) {
            way.add(next);
            if (next.equals(wanted) || seen.add(next) && leadsTo(next, wanted, way, seen)) {
                return true;
            }
            way.remove(way.size() - 1);
        }
        return false;
    }

    private void checkNotice(Notice notice, String line) {
        String pointer = line + "/to";
        notice.text().ifPresent(text -> expressions.query(text, line + "/text"));
        int before = faults.size();
        String to = expressions
                .template(TextNode.valueOf(notice.to()), pointer, ExpressionChecker.Reader.beforeTheRun())
                .asText();
        notices.add(new Notice(to, notice.on(), notice.text()));
        if (faults.size() == before && !to.isEmpty()) {
            SpecReader.Findings findings = SpecReader
                    .inspect(JsonNodeFactory.instance.objectNode().put("to", to), Receiver.class);
            findings.faults().forEach(fault -> fault(pointer, fault.message()));
            findings.locations().forEach(location -> checkLocation(location, pointer));
        }
    }

    /** Where notices may go. */
    private record Receiver(@Of("http") Location to) {}

    private void checkPhase(Phase phase, String pointer) {
        int firstGroup = source.places()
                .stream()
                .filter(place -> place.phase().equals(phase.name()))
                .mapToInt(PlanSource.StepPlace::group)
                .min()
                .orElse(Integer.MAX_VALUE);
        ExpressionChecker.Reader reader = new ExpressionChecker.Reader(phase.name(), firstGroup, "", Optional.empty(),
                false,
                new LinkedHashSet<>());
        phase.when().ifPresent(when -> expressions.expression(when, pointer + "/when", reader));
        phaseNeeds.put(phase.name(), List.copyOf(reader.needs()));
    }

    private void checkStep(PlanSource.StepPlace place) {
        Step step = place.step();
        Optional<StepDescription> type = Optional.ofNullable(types.get(step.uses()));
        Set<String> needs = new LinkedHashSet<>();
        ExpressionChecker.Reader reader = new ExpressionChecker.Reader(place.phase(), place.group(), step.name(), type,
                false,
                needs);
        ExpressionChecker.Reader gate = new ExpressionChecker.Reader(place.phase(), place.group(), step.name(), type,
                true, needs);
        step.when().ifPresent(when -> expressions.expression(when, place.pointerOf("when"), reader));
        step.expect().ifPresent(expect -> expressions.expression(expect, place.pointerOf("expect"), gate));
        JsonNode spec = expressions.template(step.with(), place.pointerOf("with"), reader);
        if (type.isEmpty()) {
            if (!step.uses().isEmpty()) {
                fault(place.pointerOf("uses"), "there is no step type '" + step.uses() + "'"
                        + NearestName.of(step.uses(), types.keySet())
                                .map(near -> "; did you mean '" + near + "'?")
                                .orElse("; 'godwit steps' lists those there are"));
            }
            return;
        }
        if (step.pivot().isPresent() && !type.get().undoable()) {
            fault(place.pointerOf("pivot"), step.uses() + " has nothing to undo, so nothing is lost by that; write"
                    + " 'pivot' at the step whose undo could lose what others wrote since");
        }
        checkReliance(place, type.get());
        if (type.get().undoable() && diagnoses(place.phase())) {
            fault(place.pointerOf("uses"), step.uses() + " changes things, and nobody takes back what a phase of kind"
                    + " 'diagnosis' does; look with steps that only check");
        }
        JsonNode written = source.root().at(place.pointerOf("with"));
        if (!written.isMissingNode() && !written.isObject()) {
            return; // The reader has said so.
        }
        Set<String> named = checkSpec(spec, type.get().spec(), place.pointerOf("with"));
        Set<String> all = new LinkedHashSet<>();
        named.forEach(name -> addWithNamed(name, all));
        boolean dynamic = step.when().isPresent() || Expressions.isDynamic(step.with());
        facts.put(step.name(),
                new StepFacts(step.kind().orElse(type.get().kind()), type.get().undoable(), site(place, all),
                        List.copyOf(all), List.copyOf(needs), dynamic, fieldWith(type.get().spec(), Starts.class),
                        fieldWith(type.get().spec(), Stops.class), loses(step, type.get())));
    }

    /** Only what a rollback can take back, or keep, can be relied upon. */
    private void checkReliance(PlanSource.StepPlace place, StepDescription type) {
        Step step = place.step();
        Map<String, Step> others = new LinkedHashMap<>();
        plan.steps().stream().filter(other -> other != step).forEach(other -> others.put(other.name(), other));
        for (String name : step.reliesOn().keySet()) {
            String pointer = place.pointerOf("relies-on") + "/" + PlanReader.escape(name);
            Step other = others.get(name);
            if (other == null) {
                fault(pointer, "there is no other step '" + name + "'" + NearestName.hint(name, others.keySet()));
            } else if (types.containsKey(other.uses()) && !types.get(other.uses()).undoable()) {
                fault(pointer, "'" + name + "' (" + other.uses() + ") has nothing to undo, so that it stays anyway");
            } else {
                undoneAlone(place, other).ifPresent(phase -> fault(pointer, "when phase '" + phase
                        + "' fails, it is undone and the run goes on, so that '" + step.name() + "' would "
                        + (isBefore(place.phase(), phase) ? "stay" : "run") + " without '" + name
                        + "'; write 'on-failure: rollback' or 'pause' for '" + phase + "'"
                        + (isBefore(place.phase(), phase) ? "" : ", or say with 'when' when it is to run")));
            }
        }
        if (!step.reliesOn().isEmpty() && !type.undoable()) {
            fault(place.pointerOf("relies-on"), step.uses() + " has nothing to undo, so that nothing need stay for it");
        }
    }

    /** The phase of a step, if it is another one, which may be undone while the step that relies on it is not. */
    private Optional<String> undoneAlone(PlanSource.StepPlace reliant, Step reliedOn) {
        Phase phase = source.plan()
                .phases()
                .stream()
                .filter(candidate -> candidate.steps().contains(reliedOn))
                .findFirst()
                .orElseThrow();
        boolean conditional = reliant.step().when().isPresent() || source.plan()
                .phases()
                .stream()
                .anyMatch(own -> own.name().equals(reliant.phase()) && own.when().isPresent());
        if (phase.name().equals(reliant.phase()) || conditional && !isBefore(reliant.phase(), phase.name())) {
            return Optional.empty();
        }
        return phase.steps()
                .stream()
                .map(step -> step.onFailure().or(phase::onFailure).orElse(plan.onFailure()))
                .anyMatch(OnFailure.UNDO_PHASE::equals) ? Optional.of(phase.name()) : Optional.empty();
    }

    private boolean isBefore(String phase, String other) {
        List<String> names = source.plan().phases().stream().map(Phase::name).toList();
        return names.indexOf(phase) < names.indexOf(other);
    }

    private boolean diagnoses(String name) {
        return source.plan().phases().stream().anyMatch(phase -> phase.name().equals(name) && phase.diagnosing());
    }

    /** Once traffic has moved, others write where it moved to. */
    private static Optional<String> loses(Step step, StepDescription type) {
        return step.pivot()
                .or(() -> step.kind().orElse(type.kind()) == StepKind.TRAFFIC
                        ? Optional.of(Step.lossSince(step.name()))
                        : Optional.empty());
    }

    private void addWithNamed(String resource, Set<String> all) {
        if (all.add(resource)) {
            resourceNames.getOrDefault(resource, Set.of()).forEach(named -> addWithNamed(named, all));
        }
    }

    /** The only site that the step's resources name. */
    private String site(PlanSource.StepPlace place, Set<String> named) {
        Map<String, String> sites = new LinkedHashMap<>();
        for (String name : named) {
            String site = plan.resources().get(name).path("site").asText(StepFacts.DEFAULT_SITE);
            if (!site.equals(StepFacts.DEFAULT_SITE)) {
                sites.putIfAbsent(site, name);
            }
        }
        if (sites.size() > 1) {
            List<String> each = sites.entrySet()
                    .stream()
                    .map(site -> site.getValue() + " on " + site.getKey())
                    .toList();
            fault(place.pointer(), "the resources of the step '" + place.step().name() + "' are at different sites ("
                    + String.join(", ", each) + "), and no single worker reaches them");
        }
        return sites.keySet().stream().findFirst().orElse(StepFacts.DEFAULT_SITE);
    }

    private static Optional<String> fieldWith(Class<? extends Record> spec, Class<? extends Annotation> annotation) {
        return Arrays.stream(spec.getRecordComponents())
                .filter((RecordComponent component) -> component.isAnnotationPresent(annotation))
                .map(SpecReader::fieldName)
                .findFirst();
    }

    private void checkChecklist() {
        List<String> steps = plan.steps().stream().map(Step::name).toList();
        plan.checklist().forEach((section, lines) -> {
            for (int i = 0; i < lines.size(); i++) {
                for (int answer = 0; answer < lines.get(i).answeredBy().size(); answer++) {
                    String name = lines.get(i).answeredBy().get(answer);
                    if (!steps.contains(name)) {
                        fault("/checklist/" + PlanReader.escape(section) + "/" + i + "/answered-by/" + answer,
                                "there is no step '" + name + "'" + NearestName.hint(name, steps));
                    }
                }
            }
        });
    }

    private void fault(String pointer, String message) {
        faults.add(source.tree().at(pointer), message);
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
