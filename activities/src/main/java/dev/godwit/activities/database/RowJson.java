package dev.godwit.activities.database;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Base64;

/** Rows of SQLite as JSON. */
public final class RowJson {
    private RowJson() {}

    /** The row that a result stands on, as an object by column; bytes are in Base64. */
    public static ObjectNode of(ResultSet row) throws SQLException {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
            String name = row.getMetaData().getColumnName(i);
            switch (row.getObject(i)) {
                case null -> object.putNull(name);
                case Integer number -> object.put(name, number);
                case Long number -> object.put(name, number);
                case Double number when Double.isFinite(number) ->
                    object.put(name, new BigDecimal(Double.toString(number)));
                case byte[] bytes -> object.put(name, Base64.getEncoder().encodeToString(bytes));
                case Object other -> object.put(name, other.toString());
            }
        }
        return object;
    }
}
