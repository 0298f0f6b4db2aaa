package dev.godwit.activities.tables.verify;

import dev.godwit.activities.tables.values.StoredValue;
import dev.godwit.json.Json;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What a comparison found to repair; on disk, since it may be much. */
public final class RepairList implements AutoCloseable {
    private final Path file;
    private final BufferedWriter writer;

    /**
     * A row to write or to delete. Values are as PostgreSQL writes and reads them, or as {@link StoredValue} does for SQLite.
     * (For a document there is one column, whose value is its text, and its file is its key.)
     *
     * @param what missing, different or extra
     * @param key the values by which the row is found, or null, by column
     * @param values what is written, or null, by column; empty for an extra row
     * @param proof what {@link Repair.Proof} is to find in it; empty where nothing looks
     */
    public record Entry(String what, Map<String, String> key, Map<String, String> values, String proof) {}

    /** Takes a batch. */
    @FunctionalInterface
    public interface Batches {
        void take(List<Entry> batch) throws Exception;
    }

    /** @param file is removed when this is closed */
    public RepairList(Path file) throws IOException {
        this.file = file;
        this.writer = Files.newBufferedWriter(file);
    }

    public void add(Entry entry) {
        try {
            writer.write(Json.write(entry));
            writer.newLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All there is, in batches. */
    public void read(int batch, Batches batches) throws Exception {
        writer.flush();
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            List<Entry> entries = new ArrayList<>();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                entries.add(Json.read(line, Entry.class));
                if (entries.size() == batch) {
                    batches.take(entries);
                    entries.clear();
                }
            }
            if (!entries.isEmpty()) {
                batches.take(entries);
            }
        }
    }

    @Override
    public void close() throws IOException {
        writer.close();
        Files.deleteIfExists(file);
    }
}
