package dev.godwit.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.json.Jq;
import dev.godwit.step.StepDescription;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Finds what is wrong with the expressions of a plan, and evaluates those that only parameters and values decide. */
final class ExpressionChecker {
    private static final Map<String, String> REFUSED = Map.of("now",
            "a plan must do the same whenever it runs; use $run.started",
            "env", "make it a parameter of the plan", "$ENV", "make it a parameter of the plan");

    private final PlanSource source;
    private final FaultList faults;
    private final Map<String, PlanSource.StepPlace> steps = new HashMap<>();
    private final Map<String, StepDescription> types;
    private final List<String> phases;
    private Optional<JsonNode> scope = Optional.empty();

    ExpressionChecker(PlanSource source, Map<String, StepDescription> types, FaultList faults) {
        this.source = source;
        this.types = types;
        this.faults = faults;
        this.phases = source.plan().phases().stream().map(Phase::name).toList();
        source.places().forEach(place -> steps.putIfAbsent(place.step().name(), place));
    }

    /** From now on, what parameters and values decide is evaluated. */
    void know(Map<String, JsonNode> parameters, Map<String, JsonNode> values) {
        scope = Optional.of(Expressions.scope(parameters, values, Map.of(), Map.of()));
    }

    /**
     * Who reads an expression, which decides what it may read.
     *
     * @param phase the phase; empty for what is decided before the run, which reads parameters and values only
     * @param group steps of earlier groups may be read
     * @param step the step; empty if it is none
     * @param output the step's own output, where the expression may read it
     * @param decides whether it is an {@code expect}
     * @param needs collects the steps that are read
     */
    record Reader(String phase, int group, String step, Optional<StepDescription> output, boolean decides,
            Set<String> needs) {
        static Reader beforeTheRun() {
            return new Reader("", 0, "", Optional.empty(), false, new LinkedHashSet<>());
        }

        boolean isBeforeTheRun() {
            return phase.isEmpty() && group == 0;
        }
    }

    /**
     * Checks all expressions within a template.
     *
     * @return the template, with those expressions evaluated that are right and whose values are known
     */
    JsonNode template(JsonNode template, String pointer, Reader reader) {
        if (template.isTextual()) {
            return text(template, pointer, reader);
        }
        if (template.isArray()) {
            ArrayNode checked = JsonNodeFactory.instance.arrayNode();
            for (int i = 0; i < template.size(); i++) {
                checked.add(template(template.get(i), pointer + "/" + i, reader));
            }
            return checked;
        }
        if (template.isObject()) {
            ObjectNode checked = JsonNodeFactory.instance.objectNode();
            template.properties()
                    .forEach(field -> checked.set(field.getKey(),
                            template(field.getValue(), pointer + "/" + PlanReader.escape(field.getKey()), reader)));
            return checked;
        }
        return template;
    }

    private JsonNode text(JsonNode template, String pointer, Reader reader) {
        List<String> expressions;
        try {
            expressions = Expressions.in(template.textValue());
        } catch (Expressions.ExpressionException e) {
            fault(pointer, e.getMessage());
            return template;
        }
        int before = faults.size();
        expressions.forEach(expression -> expression(expression, pointer, reader));
        boolean decided = faults.size() == before && !expressions.isEmpty()
                && expressions.stream().noneMatch(ExpressionChecker::readsTheRun);
        if (scope.isPresent() && decided) {
            try {
                return Expressions.resolve(template, scope.get());
            } catch (Expressions.ExpressionException e) {
                fault(pointer, e.getMessage());
            }
        }
        return template;
    }

    /** Whether an expression of a text reads what only the run decides. */
    static boolean textReadsTheRun(String text) {
        try {
            return Expressions.in(text).stream().anyMatch(ExpressionChecker::readsTheRun);
        } catch (Expressions.ExpressionException e) {
            return false; // It has been reported already.
        }
    }

    private static boolean readsTheRun(String expression) {
        return JqScanner.scan(expression)
                .references()
                .stream()
                .anyMatch(reference -> Set.of("steps", "phases").contains(reference.path().get(0)));
    }

    /** Checks a jq expression that reads something else than the plan. */
    void query(String expression, String pointer) {
        try {
            Jq.compile(expression);
            calls(expression, pointer);
        } catch (IllegalArgumentException e) {
            fault(pointer, e.getMessage());
        }
    }

    /** Checks one expression. */
    void expression(String expression, String pointer, Reader reader) {
        try {
            Jq.compile(expression);
        } catch (IllegalArgumentException e) {
            fault(pointer, e.getMessage());
            return;
        }
        calls(expression, pointer);
        Set<String> problems = new LinkedHashSet<>();
        for (JqScanner.Reference reference : JqScanner.scan(expression).references()) {
            problem(reference, reader)
                    .filter(problem -> reference.certain())
                    .ifPresent(problem -> problems.add("'" + expression + "': " + problem));
        }
        problems.forEach(problem -> fault(pointer, problem));
    }

    /** Finds what no jq of a plan may call. */
    void calls(String expression, String pointer) {
        JqScanner.scan(expression)
                .calls()
                .stream()
                .filter(REFUSED::containsKey)
                .distinct()
                .forEach(name -> fault(pointer,
                        "'" + expression + "': '" + name + "' is not available in a plan; " + REFUSED.get(name)));
    }

    private Optional<String> problem(JqScanner.Reference reference, Reader reader) {
        List<String> path = reference.path();
        List<String> roots = roots(reader);
        String root = path.get(0);
        if (!roots.contains(root)) {
            boolean known = List.of("params", "values", "phases", "steps", "output").contains(root);
            return Optional.of(known
                    ? "." + root + (root.equals("output")
                            ? " is for 'expect'; read .steps.NAME"
                            : " is not known before the run")
                    : "there is no ." + root + "; an expression reads ." + String.join(", .", roots)
                            + NearestName.of(root, roots).map(near -> "; did you mean '." + near + "'?").orElse(""));
        }
        return switch (root) {
            case "params" -> named(path, "parameter", source.plan().parameters().keySet());
            case "values" -> path.size() == 1
                    ? Optional.of("name the value: .values.NAME")
                    : named(path, "value", source.plan().values().keySet());
            case "phases" -> phase(path, reader);
            case "steps" -> step(reference, reader);
            default -> reader.output()
                    .flatMap(
                            type -> OutputShape.problem(type.output(), path.subList(1, path.size()), ".output"));
        };
    }

    private static List<String> roots(Reader reader) {
        List<String> roots = new ArrayList<>(List.of("params", "values"));
        if (!reader.isBeforeTheRun()) {
            roots.addAll(List.of("phases", "steps"));
        }
        if (reader.decides()) {
            roots.add("output");
        }
        return roots;
    }

    private static Optional<String> named(List<String> path, String what, Set<String> known) {
        if (path.size() == 1 || known.contains(path.get(1))) {
            return Optional.empty();
        }
        return Optional.of("there is no " + what + " '" + path.get(1) + "'" + NearestName.hint(path.get(1), known));
    }

    private Optional<String> phase(List<String> path, Reader reader) {
        if (path.size() == 1) {
            return Optional.of("name the phase: .phases.NAME.state");
        }
        String name = path.get(1);
        if (!phases.contains(name)) {
            return Optional.of("there is no phase '" + name + "'" + NearestName.hint(name, phases));
        }
        if (phases.indexOf(name) >= phases.indexOf(reader.phase())) {
            return Optional.of("the phase '" + name + "' has not ended by then; only earlier phases can be read");
        }
        if (path.size() > 2 && !path.equals(List.of("phases", name, "state"))) {
            return Optional.of(".phases." + name + " has no field '" + String.join(".", path.subList(2, path.size()))
                    + "'; write .phases." + name + ".state");
        }
        return Optional.empty();
    }

    private Optional<String> step(JqScanner.Reference reference, Reader reader) {
        List<String> path = reference.path();
        if (path.size() == 1) {
            return Optional.of("name the step: .steps.NAME.field");
        }
        String name = path.get(1);
        PlanSource.StepPlace place = steps.get(name);
        if (place == null) {
            return Optional.of("there is no step '" + name + "'" + NearestName.hint(name, steps.keySet()));
        }
        if (name.equals(reader.step())) {
            return Optional.of("a step reads its own output in 'expect', as .output");
        }
        if (place.group() >= reader.group()) {
            return Optional.of(place.group() == reader.group()
                    ? "the step '" + name
                            + "' runs at the same time; steps of one parallel group cannot read each other"
                    : "the step '" + name + "' comes later, in line " + source.tree().at(place.pointer()).line()
                            + "; only earlier steps can be read");
        }
        if (place.step().background() && place.phase().equals(reader.phase())) {
            return Optional.of("the step '" + name
                    + "' runs in the background until its phase ends; read it in a later phase");
        }
        reader.needs().add(name);
        return Optional.ofNullable(types.get(place.step().uses()))
                .flatMap(type -> OutputShape.problem(type.output(), path.subList(2, path.size()), ".steps." + name));
    }

    private void fault(String pointer, String message) {
        faults.add(source.tree().at(pointer), message);
    }
}
