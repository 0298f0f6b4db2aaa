package dev.godwit.activities.documents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.documents.Column.UnfitException;
import dev.godwit.json.Json;
import dev.godwit.step.StepFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Reads what a mapping gives as the values of declared columns. */
final class RowReader {
    private final String uses;
    private final List<Column> columns;
    private final List<String> key;

    /** What a column is to hold for a JSON value. */
    @FunctionalInterface
    interface Storing {
        Object stored(Column column, JsonNode value) throws UnfitException;
    }

    RowReader(String uses, List<Column> columns, List<String> key) {
        this.uses = uses;
        this.columns = columns;
        this.key = key;
    }

    List<Object> values(JsonNode object, String place, Storing storing) {
        if (!object.isObject()) {
            throw StepFailure.user("row-shape", uses + ": " + place + ": the mapping gives " + object.getNodeType()
                    + " where an object by column is wanted; correct the mapping");
        }
        requireKnown(object, place);
        List<Object> row = new ArrayList<>(columns.size());
        for (Column column : columns) {
            try {
                row.add(storing.stored(column, object.path(column.name())));
            } catch (UnfitException e) {
                throw StepFailure.user("value-unfit",
                        uses + ": " + place + ", column " + column.name() + ": " + e.getMessage());
            }
        }
        return row;
    }

    private void requireKnown(JsonNode object, String place) {
        long known = columns.stream().filter(column -> object.has(column.name())).count();
        if (known == object.size()) {
            return;
        }
        Set<String> unknown = new TreeSet<>();
        object.fieldNames().forEachRemaining(unknown::add);
        columns.forEach(column -> unknown.remove(column.name()));
        throw StepFailure.user("column-undeclared", uses + ": " + place + ": the mapping gives "
                + String.join(", ", unknown)
                + " and no such column is declared; declare it, or drop it in the mapping");
    }

    /** The key of a row as people and {@link FirstSeen} read it. */
    String keyText(List<Object> row) {
        List<Object> values = keyOf(row);
        return Json.write(values.size() == 1 ? values.get(0) : values);
    }

    List<Object> keyOf(List<Object> row) {
        List<Object> values = new ArrayList<>();
        for (String name : key) {
            for (int i = 0; i < columns.size(); i++) {
                if (columns.get(i).name().equals(name)) {
                    values.add(row.get(i));
                }
            }
        }
        return values;
    }

    StepFailure exists(LoadTarget.Row row, String table) {
        return StepFailure.integrity("row-exists", uses + ": " + row.place() + ": the table " + table
                + " held a row with the key " + keyText(row.values())
                + " before; say 'existing: update' if this is a later pass, or remove the row");
    }
}
