package dev.godwit.activities.tables.copy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.SqliteTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.activities.tables.values.CopyBuffer;
import dev.godwit.activities.tables.values.TypeMapping;
import dev.godwit.activities.tables.values.UnfitValueException;
import dev.godwit.activities.tables.values.Utf8;
import dev.godwit.activities.tables.values.ValueCodec;
import dev.godwit.json.Json;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.SpecReader;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The rows of a CSV file. Types come from the target table or from the spec; nothing is guessed. */
final class CsvRowSource implements RowSource, StorageSource {
    private final CopyTable.Spec spec;
    private final PreviewContext context;
    private final Path file;
    private final CsvFormat format;
    private final Charset charset;
    private final byte[] nullText;
    private final List<String> names;
    private long quarantined;

    /** A bad line, as the evidence has it. */
    private record Bad(long line, String why, String text) {}

    /** Encodes the values of a line. */
    @FunctionalInterface
    private interface Encoding {
        void row(List<byte[]> values, CopyBuffer buffer) throws UnfitLineException;
    }

    private static final class UnfitLineException extends Exception {
        private static final long serialVersionUID = 1L;

        UnfitLineException(String message) {
            super(message, null, false, false);
        }
    }

    private CsvRowSource(CopyTable.Spec spec, PreviewContext context, Path file) throws IOException {
        this.spec = spec;
        this.context = context;
        this.file = file;
        this.format = spec.csv().orElseGet(() -> SpecReader.bind(Json.read("{}", JsonNode.class), CsvFormat.class));
        this.charset = Charset.forName(format.encoding());
        this.nullText = format.nullText().getBytes(StandardCharsets.UTF_8);
        this.names = names();
    }

    static CsvRowSource open(CopyTable.Spec spec, PreviewContext context) throws Exception {
        Path file = context.reading(DirectoryKind.class, spec.from()).path();
        if (!Files.isRegularFile(file)) {
            throw StepFailure.user("file-missing", CopyTable.USES + ": there is no file " + spec.from()
                    + "; correct the location, or make it with an earlier step");
        }
        return new CsvRowSource(spec, context, file);
    }

    private List<String> names() throws IOException {
        try (CsvReader reader = new CsvReader(Files.newInputStream(file), format)) {
            CsvReader.Line first = reader.next()
                    .orElseThrow(() -> StepFailure.user("csv-empty",
                            CopyTable.USES + ": " + spec.from() + " is empty; it should have a header"));
            if (!format.header()) {
                if (spec.columns().size() != first.fields().size()) {
                    throw StepFailure.user("csv-header", CopyTable.USES + ": " + spec.from() + " has no header and "
                            + first.fields().size() + " values in its first line; name as many under 'columns'");
                }
                return spec.columns();
            }
            List<String> header = new ArrayList<>();
            for (CsvReader.Field field : first.fields()) {
                try {
                    header.add(Utf8.decode(field.bytes(), charset));
                } catch (UnfitValueException e) {
                    throw StepFailure.user("csv-header",
                            CopyTable.USES + ": the header of " + spec.from() + ": " + e.getMessage());
                }
            }
            if (new HashSet<>(header).size() < header.size() || header.contains("")) {
                throw StepFailure.user("csv-header", CopyTable.USES + ": the header of " + spec.from()
                        + " has a name twice, or an empty one: " + String.join(", ", header) + "; mend it");
            }
            return header;
        }
    }

    @Override
    public LoadPlan plan(TableName name, Optional<PostgresTable> found, Predicate<String> inTarget) {
        List<String> selected = TargetColumns.selected(spec, names);
        if (found.isPresent()) {
            return TargetColumns.loadInto(found.get(), TargetColumns.in(found.get(), selected, Set.of(), spec));
        }
        requireTypes(selected);
        TargetColumns.requireShort(selected);
        List<LoadPlan.Column> columns = selected.stream()
                .map(column -> new LoadPlan.Column(column, column,
                        TypeMapping.canonical(spec.types().get(column)), false))
                .toList();
        String create = "CREATE TABLE " + name.sql() + " (" + columns.stream()
                .map(column -> TableName.quoted(column.name()) + " " + column.type())
                .collect(Collectors.joining(", ")) + ")";
        return new LoadPlan(name, columns, List.of(create), List.of(), List.of(), List.of(), List.of());
    }

    private void requireTypes(List<String> selected) {
        String untyped = selected.stream()
                .filter(column -> !spec.types().containsKey(column))
                .collect(Collectors.joining(", "));
        if (!untyped.isEmpty()) {
            throw StepFailure.user("types-missing", CopyTable.USES + ": " + spec.from() + " does not say of what type "
                    + untyped + " is, and " + spec.to() + " is not there to say it; give 'types', or make the table"
                    + " with an earlier step");
        }
    }

    @Override
    public StoragePlan storagePlan(Optional<SqliteTable> found) {
        List<String> selected = TargetColumns.selected(spec, names);
        if (found.isEmpty()) {
            requireTypes(selected);
        }
        List<StoragePlan.Column> columns = selected.stream().map(column -> storedColumn(column, found)).toList();
        return new StoragePlan(columns, List.of(), List.of(), List.of());
    }

    private StoragePlan.Column storedColumn(String name, Optional<SqliteTable> found) {
        Optional<SqliteTable.Column> column = found.flatMap(table -> table.columns()
                .stream()
                .filter(each -> each.name().equalsIgnoreCase(name))
                .findFirst());
        String type = Optional.ofNullable(spec.types().get(name))
                .map(TypeMapping::said)
                .or(() -> column.map(SqliteTable.Column::declared).flatMap(TypeMapping::byDeclaration))
                .orElse("text");
        boolean required = column.filter(each -> each.required() || each.keyPosition() > 0 && !each.isRowid())
                .isPresent();
        return new StoragePlan.Column(name, type, required);
    }

    @Override
    public long rows() {
        return 0;
    }

    @Override
    public long quarantined() {
        return quarantined;
    }

    @Override
    public void read(LoadPlan plan, int parts, Sink sink) throws Exception {
        int[] places = places(plan.columns().stream().map(LoadPlan.Column::source).toList());
        List<RowEncoder.Target> targets = plan.targets();
        lines((values, buffer) -> {
            buffer.startRow(targets.size());
            for (int i = 0; i < targets.size(); i++) {
                RowEncoder.Target target = targets.get(i);
                value(values.get(places[i]), target.codec(), target.column(), target.required(), buffer);
            }
        }, (rows, buffer) -> sink.take(0, rows, buffer));
    }

    @Override
    public void readStored(StoragePlan plan, RowEncoder.Chunks chunks) throws Exception {
        int[] places = places(plan.columns().stream().map(StoragePlan.Column::name).toList());
        List<ValueCodec> codecs = plan.columns().stream().map(StoragePlan.Column::codec).toList();
        CopyBuffer scratch = new CopyBuffer(1024);
        StoredRow stored = new StoredRow(plan);
        lines((values, buffer) -> {
            int begin = buffer.length();
            buffer.startRow(codecs.size());
            for (int i = 0; i < codecs.size(); i++) {
                byte[] value = values.get(places[i]);
                StoragePlan.Column column = plan.columns().get(i);
                boolean text = codecs.get(i).storedAs().equals("TEXT");
                scratch.clear();
                value(value, codecs.get(i), column.name(), column.required(), text ? scratch : buffer);
                if (text && value == null) {
                    buffer.nullField();
                } else if (text) {
                    buffer.bytesField(value);
                }
            }
            stored.at(buffer.bytes(), begin);
            for (int i = 0; i < codecs.size(); i++) {
                try {
                    stored.value(i);
                } catch (UnfitValueException e) {
                    throw new UnfitLineException("column " + plan.columns().get(i).name() + ": " + e.getMessage());
                }
            }
        }, chunks);
    }

    private static void value(byte[] value, ValueCodec codec, String column, boolean required, CopyBuffer buffer)
            throws UnfitLineException {
        try {
            if (value != null) {
                codec.parse(value, buffer);
            } else if (required) {
                throw new UnfitValueException("null is refused by the target's column");
            } else {
                buffer.nullField();
            }
        } catch (UnfitValueException e) {
            throw new UnfitLineException("column " + column + ": " + e.getMessage());
        }
    }

    private int[] places(List<String> columns) {
        Map<String, Integer> places = new HashMap<>();
        IntStream.range(0, names.size()).forEach(i -> places.put(names.get(i), i));
        return columns.stream().mapToInt(places::get).toArray();
    }

    private void lines(Encoding encoding, RowEncoder.Chunks chunks) throws Exception {
        CopyBuffer buffer = new CopyBuffer(RowSpool.CHUNK + RowSpool.CHUNK / 4);
        int rows = 0;
        quarantined = 0;
        try (CsvReader reader = new CsvReader(Files.newInputStream(file), format); OutputStream bad = quarantine()) {
            if (format.header()) {
                reader.next();
            }
            for (Optional<CsvReader.Line> line = reader.next(); line.isPresent(); line = reader.next()) {
                int begin = buffer.length();
                try {
                    encoding.row(values(line.get()), buffer);
                    rows++;
                } catch (UnfitLineException e) {
                    buffer.truncate(begin);
                    bad(line.get(), e.getMessage(), bad);
                }
                if (rows == spec.batch() || buffer.length() >= RowSpool.CHUNK) {
                    chunks.take(rows, buffer);
                    buffer.clear();
                    rows = 0;
                }
            }
        }
        if (rows > 0) {
            chunks.take(rows, buffer);
        }
    }

    /** The values of a line in UTF-8; null where they are null. */
    private List<byte[]> values(CsvReader.Line line) throws UnfitLineException {
        if (line.fault().isPresent()) {
            throw new UnfitLineException(line.fault().get());
        }
        if (line.fields().size() != names.size()) {
            throw new UnfitLineException("it has " + line.fields().size() + " values where " + names.size()
                    + " are wanted");
        }
        List<byte[]> values = new ArrayList<>(names.size());
        for (int i = 0; i < names.size(); i++) {
            CsvReader.Field field = line.fields().get(i);
            try {
                byte[] value = charset == StandardCharsets.UTF_8
                        ? field.bytes()
                        : Utf8.decode(field.bytes(), charset).getBytes(StandardCharsets.UTF_8);
                Utf8.require(value);
                values.add(!field.quoted() && Arrays.equals(value, nullText) ? null : value);
            } catch (UnfitValueException e) {
                throw new UnfitLineException("column " + names.get(i) + ": " + e.getMessage());
            }
        }
        return values;
    }

    private OutputStream quarantine() throws IOException {
        return format.badRows() == CsvFormat.BadRows.QUARANTINE && context instanceof RunContext run
                ? run.evidence().open("bad-rows.jsonl")
                : OutputStream.nullOutputStream();
    }

    private void bad(CsvReader.Line line, String why, OutputStream out) throws IOException {
        if (format.badRows() == CsvFormat.BadRows.STOP) {
            throw StepFailure.user("row-bad", CopyTable.USES + ": " + spec.from() + ", line " + line.line() + ": " + why
                    + "; nothing was written. Mend the line, or say 'csv: {bad-rows: quarantine}' to leave it out");
        }
        quarantined++;
        out.write((Json.write(new Bad(line.line(), why, new String(line.raw(), charset))) + "\n")
                .getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        // Each reading opens the file anew.
    }
}
