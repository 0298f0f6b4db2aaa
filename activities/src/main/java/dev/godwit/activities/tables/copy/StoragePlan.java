package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.TableName;
import dev.godwit.activities.tables.values.TypeMapping;
import dev.godwit.activities.tables.values.ValueCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a copy into SQLite through a {@link RowSpool} does, decided once, before anything is written.
 *
 * @param columns the columns that are written, in the order in which rows have them
 * @param key the primary key of a table that is made
 * @param indexes those of a table that is made
 * @param leftOut what of the source's definition the target will not have
 */
record StoragePlan(List<Column> columns, List<String> key, List<Index> indexes, List<String> leftOut) {

    StoragePlan {
        columns = List.copyOf(columns);
        key = List.copyOf(key);
        indexes = List.copyOf(indexes);
        leftOut = List.copyOf(leftOut);
    }

    /**
     * A column.
     *
     * @param name its name in source and target
     * @param type its PostgreSQL type, by which its values are read
     * @param required whether null is refused
     */
    record Column(String name, String type, boolean required) {
        ValueCodec codec() {
            return TypeMapping.codec(type);
        }
    }

    record Index(String name, boolean unique, List<String> columns) {
        String sql(String table) {
            return "CREATE " + (unique ? "UNIQUE " : "") + "INDEX " + TableName.quoted(name) + " ON "
                    + TableName.quoted(table) + " (" + String.join(", ", columns) + ")";
        }
    }

    /** The statement that makes the table. */
    String create(String table) {
        List<String> definitions = new ArrayList<>();
        boolean rowid = key.size() == 1 && columns.stream()
                .anyMatch(column -> column.name().equals(key.get(0)) && column.codec().storedAs().equals("INTEGER"));
        for (Column column : columns) {
            boolean itsKey = rowid && column.name().equals(key.get(0));
            definitions.add(TableName.quoted(column.name()) + " " + column.codec().storedAs()
                    + (itsKey ? " PRIMARY KEY" : "") + (column.required() ? " NOT NULL" : ""));
        }
        if (!rowid && !key.isEmpty()) {
            definitions.add("PRIMARY KEY ("
                    + key.stream().map(TableName::quoted).collect(Collectors.joining(", ")) + ")");
        }
        return "CREATE TABLE " + TableName.quoted(table) + " (" + String.join(", ", definitions) + ")";
    }
}
