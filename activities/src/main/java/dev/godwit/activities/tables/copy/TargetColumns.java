package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.tables.values.TypeMapping;
import dev.godwit.step.StepFailure;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Which columns a copy takes, and where they go in a table that is there. */
final class TargetColumns {
    private static final int LONGEST_NAME = 63;

    private TargetColumns() {}

    /** The columns that a spec names, or all; a name that is none is refused. */
    static List<String> selected(CopyTable.Spec spec, List<String> known) {
        Set<String> unknown = new TreeSet<>(spec.columns());
        unknown.addAll(spec.types().keySet());
        known.forEach(unknown::remove);
        if (!unknown.isEmpty()) {
            throw StepFailure.user("column-missing", CopyTable.USES + ": " + spec.from() + " has no column "
                    + String.join(", ", unknown) + "; it has " + String.join(", ", known)
                    + "; correct 'columns' or 'types'");
        }
        if (known.isEmpty()) {
            throw StepFailure.user("column-missing", CopyTable.USES + ": " + spec.from() + " has no columns to copy");
        }
        return spec.columns().isEmpty() ? known : spec.columns();
    }

    /** Refuses names for PostgreSQL that it would cut off in silence. */
    static void requireShort(List<String> names) {
        for (String name : names) {
            if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
                throw StepFailure.user("name-too-long", CopyTable.USES + ": PostgreSQL would cut the name " + name
                        + " off after " + LONGEST_NAME + " bytes; make the table with names of your own first, or leave"
                        + " the column out by 'columns'");
            }
        }
    }

    /** Finds each column in the table that is to take it. */
    static List<LoadPlan.Column> in(PostgresTable table, List<String> sources, Set<String> required,
            CopyTable.Spec spec) {
        List<LoadPlan.Column> columns = new ArrayList<>();
        Set<String> filled = new HashSet<>();
        for (String source : sources) {
            PostgresTable.Column column = find(table, source).orElseThrow(() -> StepFailure.user("column-missing",
                    CopyTable.USES + ": the table " + table.name() + " has no column " + source
                            + "; add it, or leave it out by 'columns'"));
            filled.add(column.name());
            if (column.generated()) {
                continue;
            }
            String wanted = spec.types().get(source);
            if (wanted != null && !TypeMapping.canonical(wanted).equals(TypeMapping.canonical(column.type()))) {
                throw StepFailure.user("column-type", CopyTable.USES + ": the column " + column.name() + " of "
                        + table.name() + " is there and is of type " + column.type() + ", not " + wanted
                        + "; correct 'types' or the table");
            }
            columns.add(new LoadPlan.Column(source, column.name(), column.type(),
                    column.required() || required.contains(source)));
        }
        String unfilled = table.writableColumns()
                .stream()
                .filter(column -> column.required() && !filled.contains(column.name())
                        && column.defaultExpression().isEmpty() && column.identity().isEmpty())
                .map(PostgresTable.Column::name)
                .collect(Collectors.joining(", "));
        if (!unfilled.isEmpty()) {
            throw StepFailure.user("column-missing", CopyTable.USES + ": the table " + table.name()
                    + " refuses null in " + unfilled + ", and " + spec.from() + " gives no values for it");
        }
        return columns;
    }

    /** The plan for a table that is there. */
    static LoadPlan loadInto(PostgresTable table, List<LoadPlan.Column> columns) {
        List<LoadPlan.Sequence> sequences = table.columns()
                .stream()
                .filter(column -> !column.identity().isEmpty()
                        || column.defaultExpression().filter(text -> text.startsWith("nextval(")).isPresent())
                .filter(column -> columns.stream().anyMatch(copied -> copied.name().equals(column.name())))
                .map(column -> new LoadPlan.Sequence(column.name(), 0))
                .toList();
        return new LoadPlan(table.name(), columns, List.of(), List.of(), List.of(), sequences, List.of());
    }

    private static Optional<PostgresTable.Column> find(PostgresTable table, String name) {
        Map<String, PostgresTable.Column> exact = table.columns()
                .stream()
                .collect(Collectors.toMap(PostgresTable.Column::name, column -> column));
        if (exact.containsKey(name)) {
            return Optional.of(exact.get(name));
        }
        List<PostgresTable.Column> alike = table.columns()
                .stream()
                .filter(column -> column.name().equalsIgnoreCase(name))
                .toList();
        return alike.size() == 1 ? Optional.of(alike.get(0)) : Optional.empty();
    }
}
