package dev.godwit.activities.tables.verify;

import dev.godwit.activities.tables.values.ValueForm;
import dev.godwit.step.StepFailure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which columns of two tables are compared with each other, how, and which of them name a row.
 *
 * @param columns in the order of the expected table
 * @param key the places in {@code columns} of those that name a row; without any, rows are compared as a bag
 */
record Layout(List<Compared> columns, List<Integer> key) {

    Layout {
        columns = List.copyOf(columns);
        key = List.copyOf(key);
    }

    /** One of the two tables. */
    enum Which { EXPECTED, ACTUAL }

    /**
     * A column with its counterpart.
     *
     * @param expected its name in the expected table
     * @param actual its name in the actual table
     * @param form how values are compared
     * @param type the PostgreSQL type of the column, or of the one in PostgreSQL; empty if neither is
     * @param seed of the hashes of its values; no other column has it
     */
    record Compared(String expected, String actual, ValueForm form, String type, int seed) {
        String name(Which which) {
            return which == Which.EXPECTED ? expected : actual;
        }
    }

    /** The names of the columns of the key. */
    List<String> keyNames(Which which) {
        return key.stream().map(i -> columns.get(i).name(which)).toList();
    }

    /**
     * Finds the columns and the key.
     *
     * @throws StepFailure if columns have no counterpart, or their types cannot be compared
     */
    static Layout of(VerifyTable.Spec spec, TableSide expected, TableSide actual) {
        Map<String, SideColumn> ours = byName(expected);
        Map<String, SideColumn> theirs = byName(actual);
        requireKnown(spec.columns(), ours, expected, "columns");
        requireKnown(spec.renamed().keySet(), ours, expected, "renamed");
        requireKnown(spec.renamed().values(), theirs, actual, "renamed");
        requireKnown(spec.key(), ours, expected, "key");
        Set<String> alone = new TreeSet<>();
        theirs.values().forEach(column -> alone.add(column.name()));
        List<Compared> columns = new ArrayList<>();
        List<String> faults = new ArrayList<>();
        for (SideColumn column : expected.columns()) {
            String counterpart = renamed(spec, column.name());
            Optional<SideColumn> other = counterpart(counterpart, theirs,
                    expected.foldsNames() || actual.foldsNames());
            other.ifPresent(found -> alone.remove(found.name()));
            if (!wanted(spec, column.name())) {
                continue;
            }
            if (other.isEmpty()) {
                faults.add("the column " + column.name() + " of " + expected.location() + " has no counterpart "
                        + counterpart + " in " + actual.location());
                continue;
            }
            Optional<ValueForm> form = column.comparedWith(other.get());
            if (form.isEmpty()) {
                faults.add("the column " + column.name() + " is " + column.type() + " in " + expected.location()
                        + " and " + other.get().type() + " in " + actual.location()
                        + ", whose values cannot be compared");
                continue;
            }
            columns.add(new Compared(column.name(), other.get().name(), form.get(), column.postgresType(other.get()),
                    columns.size() + 1));
        }
        if (spec.columns().isEmpty()) {
            alone.removeIf(name -> spec.ignore().contains(name));
            alone.forEach(name -> faults.add("the column " + name + " of " + actual.location()
                    + " has no counterpart in " + expected.location()));
        }
        if (!faults.isEmpty()) {
            throw StepFailure.user("columns-differ", VerifyTable.USES + ": " + String.join("; ", faults)
                    + "; correct the tables, say 'renamed', or leave columns out with 'ignore'");
        }
        if (columns.isEmpty()) {
            throw StepFailure.user("columns-differ", VerifyTable.USES + ": no column of " + expected.location()
                    + " is left to compare; correct 'columns' or 'ignore'");
        }
        return new Layout(columns, key(spec, columns, expected, actual));
    }

    private static Optional<SideColumn> counterpart(String name, Map<String, SideColumn> theirs, boolean folds) {
        Optional<SideColumn> exactly = theirs.values()
                .stream()
                .filter(column -> column.name().equals(name))
                .findFirst();
        return exactly.isPresent() || !folds
                ? exactly
                : theirs.values().stream().filter(column -> column.name().equalsIgnoreCase(name)).findFirst();
    }

    private static boolean wanted(VerifyTable.Spec spec, String name) {
        return spec.columns().isEmpty() ? !spec.ignore().contains(name) : spec.columns().contains(name);
    }

    private static String renamed(VerifyTable.Spec spec, String name) {
        return spec.renamed().getOrDefault(name, name);
    }

    private static List<Integer> key(VerifyTable.Spec spec, List<Compared> columns, TableSide expected,
            TableSide actual) {
        List<Integer> key = places(columns, Which.EXPECTED,
                spec.key().isEmpty() ? expected.primaryKey() : spec.key());
        if (!key.isEmpty() || spec.key().isEmpty() && expected.primaryKey().isEmpty()) {
            return key.isEmpty() ? places(columns, Which.ACTUAL, actual.primaryKey()) : key;
        }
        if (spec.key().isEmpty()) {
            return List.of(); // Part of the primary key is not compared: the rest names no row.
        }
        throw StepFailure.user("key-ignored", VerifyTable.USES + ": the key (" + String.join(", ", spec.key())
                + ") names columns that are not compared; add them to 'columns'");
    }

    private static List<Integer> places(List<Compared> columns, Which which, List<String> names) {
        List<Integer> places = new ArrayList<>();
        for (String name : names) {
            for (int i = 0; i < columns.size(); i++) {
                if (columns.get(i).name(which).equals(name)) {
                    places.add(i);
                }
            }
        }
        return places.size() == names.size() ? places : List.of();
    }

    private static void requireKnown(Iterable<String> names, Map<String, SideColumn> known, TableSide side,
            String field) {
        for (String name : names) {
            if (!known.containsKey(folded(name, side))) {
                throw StepFailure.user("column-missing", VerifyTable.USES + ": '" + field + "' names " + name
                        + ", and " + side.location() + " has no such column; it has "
                        + String.join(", ", side.columns().stream().map(SideColumn::name).toList()));
            }
        }
    }

    private static Map<String, SideColumn> byName(TableSide side) {
        Map<String, SideColumn> columns = new LinkedHashMap<>();
        side.columns().forEach(column -> columns.put(folded(column.name(), side), column));
        return columns;
    }

    /** Names of SQLite's columns are the same whatever their capitals. */
    private static String folded(String name, TableSide side) {
        return side.foldsNames() ? name.toLowerCase(Locale.ROOT) : name;
    }
}
