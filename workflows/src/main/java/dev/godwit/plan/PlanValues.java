package dev.godwit.plan;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;

/** The values of a plan, each of which may read others. */
final class PlanValues {
    private final Plan plan;
    private final BiConsumer<String, String> problems;
    private final List<String> ordered = new ArrayList<>();

    private PlanValues(Plan plan, BiConsumer<String, String> problems) {
        this.plan = plan;
        this.problems = problems;
    }

    /**
     * The names of the values, each after those that it reads.
     *
     * @param problems is told of a value that needs itself, and what is wrong with it
     */
    static List<String> inOrder(Plan plan, BiConsumer<String, String> problems) {
        PlanValues values = new PlanValues(plan, problems);
        plan.values().keySet().forEach(name -> values.visit(name, List.of()));
        return values.ordered;
    }

    /**
     * Evaluates all values.
     *
     * @param problems is told the value's name and what is wrong with it; such values are left out of the result
     */
    static Map<String, JsonNode> evaluate(Plan plan, Map<String, JsonNode> parameters,
            BiConsumer<String, String> problems) {
        Map<String, JsonNode> known = new LinkedHashMap<>();
        Set<String> failed = new HashSet<>();
        for (String name : inOrder(plan, problems)) {
            if (!Collections.disjoint(readBy(plan.values().get(name)), failed)) {
                failed.add(name); // What is wrong with the value that it reads has been told.
                continue;
            }
            try {
                known.put(name, Expressions.resolve(plan.values().get(name),
                        Expressions.scope(parameters, known, Map.of(), Map.of())));
            } catch (Expressions.ExpressionException e) {
                failed.add(name);
                problems.accept(name, e.getMessage());
            }
        }
        Map<String, JsonNode> values = new LinkedHashMap<>();
        plan.values().keySet().stream().filter(known::containsKey).forEach(name -> values.put(name, known.get(name)));
        return Collections.unmodifiableMap(values);
    }

    private void visit(String name, List<String> way) {
        if (ordered.contains(name)) {
            return;
        }
        List<String> further = new ArrayList<>(way);
        further.add(name);
        if (way.contains(name)) {
            problems.accept(name, "these values read each other in a circle: "
                    + String.join(" -> ", further.subList(further.indexOf(name), further.size())));
            return;
        }
        readBy(plan.values().get(name)).stream()
                .filter(plan.values()::containsKey)
                .forEach(read -> visit(read, further));
        if (!ordered.contains(name)) {
            ordered.add(name);
        }
    }

    private static Set<String> readBy(JsonNode template) {
        Set<String> names = new LinkedHashSet<>();
        if (template.isTextual()) {
            try {
                for (String expression : Expressions.in(template.textValue())) {
                    JqScanner.scan(expression)
                            .references()
                            .stream()
                            .map(JqScanner.Reference::path)
                            .filter(path -> path.size() > 1 && path.get(0).equals("values"))
                            .forEach(path -> names.add(path.get(1)));
                }
            } catch (Expressions.ExpressionException e) {
                return names; // Evaluating it will fail in the same way, and say so.
            }
        }
        template.forEach(child -> names.addAll(readBy(child)));
        return names;
    }
}
