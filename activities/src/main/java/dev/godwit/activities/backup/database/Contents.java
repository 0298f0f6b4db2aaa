package dev.godwit.activities.backup.database;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a database holds, in a form that can be compared.
 *
 * @param schema a hash over what there is in it: tables, columns, indexes, constraints, functions
 * @param tables its tables
 */
record Contents(Optional<String> schema, List<Table> tables) {

    Contents {
        tables = List.copyOf(tables);
    }

    /**
     * A table.
     *
     * @param name with its schema, if the database has schemas
     * @param rows how many
     * @param hash the sum of the hashes of all rows, so that their order does not count; absent if the whole file is hashed
     */
    record Table(String name, long rows, Optional<String> hash) {}

    long rows() {
        return tables.stream().mapToLong(Table::rows).sum();
    }

    /** What another database has otherwise, for people; nothing if they are equal. */
    Optional<String> difference(Contents other) {
        Map<String, Table> others = new TreeMap<>();
        other.tables.forEach(table -> others.put(table.name, table));
        for (Table table : tables) {
            Table found = others.remove(table.name);
            if (found == null) {
                return Optional.of("the table " + table.name + " is missing");
            }
            if (found.rows != table.rows) {
                return Optional.of("the table " + table.name + " has " + found.rows + " rows instead of " + table.rows);
            }
            if (!found.hash.equals(table.hash)) {
                return Optional.of("the table " + table.name + " has other rows");
            }
        }
        if (!others.isEmpty()) {
            return Optional.of("there is another table " + others.keySet().iterator().next());
        }
        return other.schema.equals(schema)
                ? Optional.empty()
                : Optional.of("its columns, indexes, constraints or functions are others");
    }
}
