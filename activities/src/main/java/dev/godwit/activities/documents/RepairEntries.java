package dev.godwit.activities.documents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.database.PostgresFailures;
import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.documents.Column.UnfitException;
import dev.godwit.activities.documents.Comparison.Found;
import dev.godwit.activities.resource.PostgresKind;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.activities.tables.verify.Repair;
import dev.godwit.activities.tables.verify.RepairList.Entry;
import dev.godwit.activities.tables.values.StoredValue;
import dev.godwit.json.Json;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What is to be done about differences: which row or document is written or deleted, and what it must read back as. */
final class RepairEntries {
    private static final String USES = VerifyDocuments.USES;
    private static final String FIRST = ", value 1";

    private final VerifyDocuments.Spec spec;
    private final Mapping write;
    private final Mapping rows;
    private final boolean expectedInFiles;
    private final Writing writing;

    /** Writes a value as the place that is repaired has it. */
    private interface Writing {
        Entry entry(Found found, JsonNode written, String proof);
    }

    RepairEntries(VerifyDocuments.Spec spec, PreviewContext context) throws Exception {
        this.spec = spec;
        this.write = new Mapping(USES, spec.actual().write(), context);
        this.rows = new Mapping(USES, spec.actual().rows(), context);
        this.expectedInFiles = context.kindOf(spec.expected().from()).equals("directory");
        this.writing = switch (context.kindOf(spec.actual().from())) {
            case "sqlite" -> (found, row, proof) -> row(found, row, proof, this::stored);
            case "postgres" -> {
                Map<String, String> types = types(context.reading(PostgresKind.class, spec.actual().from()));
                yield (found, row, proof) -> row(found, row, proof,
                        (column, value) -> text(types.getOrDefault(column, ""), value));
            }
            default -> this::document;
        };
    }

    /** What repairs the actual side. */
    static Repair repair(VerifyDocuments.Spec spec, RunContext context) throws Exception {
        return context.kindOf(spec.actual().from()).equals("directory")
                ? new DirectoryRepair(spec, context)
                : Repair.of(USES, spec.actual().from(), context);
    }

    Entry entry(Found found) {
        String text = found.expected() == null ? found.actual() : found.expected();
        JsonNode value = Json.read(text, JsonNode.class);
        String place = found.expected() == null ? found.actualPlace() : found.expectedPlace();
        return writing.entry(found, write.one(new Place(place, 0), value),
                found.expected() == null ? "" : hash(value));
    }

    /** That the actual side, read as it is compared, is what is expected. */
    void prove(Entry entry, JsonNode written) {
        String where = entry.key()
                .entrySet()
                .stream()
                .map(part -> part.getKey() + "=" + part.getValue())
                .collect(Collectors.joining(", "));
        List<JsonNode> values = rows.all(new Place(where, 0), written);
        if (values.size() != 1 || !hash(values.get(0)).equals(entry.proof())) {
            throw StepFailure.user("repair-unsupported", USES + ": what would be written to " + spec.actual().from()
                    + " (" + where + ") reads back as "
                    + (values.size() == 1 ? "another value" : values.size() + " values")
                    + ", so it is left as it is; say by 'write' of the actual side what 'rows' reads this value from");
        }
    }

    static String hash(JsonNode value) {
        return HexFormat.of().formatHex(ValueReader.hash(Canonical.text(value)));
    }

    private interface Cell {
        String written(String column, JsonNode value) throws UnfitException;
    }

    private Entry row(Found found, JsonNode row, String proof, Cell cell) {
        if (!row.isObject()) {
            throw StepFailure.user("row-shape", USES + ": 'write' gives " + row.getNodeType() + " for "
                    + found.difference().key() + " where an object by column is wanted; correct it");
        }
        Map<String, String> values = new LinkedHashMap<>();
        row.properties().forEach(field -> {
            try {
                values.put(field.getKey(),
                        field.getValue().isNull() ? null : cell.written(field.getKey(), field.getValue()));
            } catch (UnfitException e) {
                throw StepFailure.user("value-unfit", USES + ": " + found.difference().key() + ", column "
                        + field.getKey() + ": " + e.getMessage()).causedBy(e);
            }
        });
        Map<String, String> key = new LinkedHashMap<>();
        for (String name : spec.key()) {
            if (!values.containsKey(name)) {
                throw StepFailure.user("key-wanted", USES + ": " + found.difference().key()
                        + " cannot be repaired: what is written has no column " + name
                        + ", which 'key' names; say 'write' with the columns of the key");
            }
            key.put(name, values.get(name));
        }
        return new Entry(found.what(), key, found.expected() == null ? Map.of() : values, proof);
    }

    private String stored(String column, JsonNode value) throws UnfitException {
        Column.Type type = value.isTextual() ? Column.Type.TEXT : Column.Type.JSON;
        if (value.isNumber()) {
            type = isWhole(value.decimalValue()) ? Column.Type.INTEGER : Column.Type.REAL;
        }
        return StoredValue.text(new Column(column, type, false).stored(value));
    }

    private static String text(String type, JsonNode value) {
        if (type.equals("json") || type.equals("jsonb") || value.isContainerNode()) {
            return Json.write(value);
        }
        if (value.isNumber() && type.startsWith("int") && isWhole(value.decimalValue())) {
            return value.decimalValue().toBigInteger().toString();
        }
        return value.asText();
    }

    private static boolean isWhole(BigDecimal number) {
        // Not of more digits than any column has.
        return number.stripTrailingZeros().scale() <= 0 && number.precision() - (long) number.scale() <= 19;
    }

    private static Map<String, String> types(ReadablePostgres database) throws SQLException {
        try (Connection connection = database.open()) {
            return PostgresTable.require(connection, database.table())
                    .columns()
                    .stream()
                    .collect(Collectors.toMap(PostgresTable.Column::name, PostgresTable.Column::typeName));
        } catch (SQLException e) {
            throw PostgresFailures.translate(USES + ": " + database.location(), e);
        }
    }

    private Entry document(Found found, JsonNode document, String proof) {
        Map<String, String> key = new LinkedHashMap<>();
        key.put(DirectoryRepair.FILE, file(found));
        if (found.actual() != null) {
            key.put(DirectoryRepair.VALUE, hash(Json.read(found.actual(), JsonNode.class)));
        }
        return new Entry(found.what(), key,
                found.expected() == null ? Map.of() : Map.of(DirectoryRepair.DOCUMENT, Json.write(document)), proof);
    }

    /** The document that has, or is to have, a value and no other. */
    private String file(Found found) {
        String place = found.actual() == null ? found.expectedPlace() : found.actualPlace();
        Optional<String> file = Optional.of(place)
                .filter(text -> text.endsWith(FIRST) && (found.actual() != null || expectedInFiles))
                .map(text -> text.substring(0, text.length() - FIRST.length()))
                .filter(name -> !DocumentFile.hasLines(name.replaceFirst(":\\d+$", "")));
        return file.orElseThrow(() -> StepFailure.user("repair-unsupported", USES + ": " + found.difference().key()
                + " cannot be repaired in " + spec.actual().from() + ", because " + place
                + " names no document for it alone; only a file with one value can be written, or deleted"));
    }
}
