package dev.godwit.activities.tables;

import dev.godwit.json.Json;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a comparison found to repair; on disk, since it may be much. */
final class RepairList implements AutoCloseable {
    private final Layout layout;
    private final Path file;
    private final BufferedWriter writer;

    /**
     * A row to write or to delete.
     *
     * @param what missing, different or extra
     * @param key the values of its key as PostgreSQL reads them, or null
     * @param values the values of all columns of the layout, to be written; empty for an extra row
     */
    record Entry(String what, List<String> key, List<String> values) {}

    /** Takes a batch. */
    @FunctionalInterface
    interface Batches {
        void take(List<Entry> batch) throws Exception;
    }

    RepairList(Layout layout, Path file) throws IOException {
        this.layout = layout;
        this.file = file;
        this.writer = Files.newBufferedWriter(file);
    }

    void add(String what, Optional<ComparedRow> expected, Optional<ComparedRow> actual) {
        List<String> written = expected.map(this::written).orElse(List.of());
        List<String> key = new ArrayList<>();
        List<String> named = expected.isPresent() ? written : written(actual.orElseThrow());
        layout.key().forEach(place -> key.add(named.get(place)));
        try {
            writer.write(Json.write(new Entry(what, key, written)));
            writer.newLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All there is, in batches. */
    void read(int batch, Batches batches) throws Exception {
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

    private List<String> written(ComparedRow row) {
        List<String> written = new ArrayList<>();
        for (int i = 0; i < layout.columns().size(); i++) {
            String text = row.shown().get(i);
            written.add(text != null && layout.columns().get(i).form() == ValueForm.BYTES ? "\\x" + text : text);
        }
        return written;
    }

    @Override
    public void close() throws IOException {
        writer.close();
        Files.deleteIfExists(file);
    }
}
