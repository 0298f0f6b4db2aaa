package dev.godwit.activities.backup;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.godwit.activities.backup.Entry.Source;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A backup's inventory as JSON, written and read entry by entry: field by field, not by reflection, since there is an entry
 * for each file. Entries are in the order of a walk through the tree.
 */
final class Inventory {
    private static final JsonFactory JSON = new JsonFactory();

    private Inventory() {}

    /** Writes one. */
    static final class Writer implements AutoCloseable {
        private final JsonGenerator json;
        private final Totals totals = new Totals();

        Writer(OutputStream out, Instant made, Location from) throws IOException {
            json = JSON.createGenerator(out, JsonEncoding.UTF8);
            json.writeStartObject();
            json.writeStringField("made", made.toString());
            json.writeStringField("from", from.toString());
            json.writeArrayFieldStart("entries");
        }

        void add(Entry entry) throws IOException {
            // A line for each, so that people can look for one with grep.
            json.writeRaw('\n');
            json.writeStartObject();
            json.writeStringField("path", entry.path());
            json.writeNumberField("size", entry.size());
            text("sha256", entry.sha256());
            json.writeStringField("mode", entry.mode());
            json.writeStringField("modified", entry.modified().toString());
            text("owner", entry.owner());
            text("link", entry.link());
            text("same_as", entry.sameAs());
            if (entry.sparse()) {
                json.writeBooleanField("sparse", true);
            }
            text("stored_in", entry.storedIn());
            if (entry.source().isPresent()) {
                Source source = entry.source().get();
                json.writeNumberField("inode", source.inode());
                json.writeStringField("changed", source.changed().toString());
                text("copied", source.copied().map(Instant::toString));
            }
            json.writeEndObject();
            totals.add(entry);
        }

        private void text(String name, Optional<String> value) throws IOException {
            if (value.isPresent()) {
                json.writeStringField(name, value.get());
            }
        }

        Totals totals() {
            return totals;
        }

        /** Ends it; without, it is no inventory. */
        void finish() throws IOException {
            json.writeEndArray();
            json.writeNumberField("files", totals.files());
            json.writeNumberField("bytes", totals.bytes());
            json.writeFieldName("kinds");
            json.writeRawValue(Json.write(totals.kinds()));
            json.writeEndObject();
            json.close();
        }

        @Override
        public void close() throws IOException {
            json.close();
        }
    }

    /** Reads one. */
    static final class Reader implements AutoCloseable {
        private final JsonParser json;

        Reader(InputStream in) throws IOException {
            json = JSON.createParser(in);
            while (json.nextToken() != null) {
                if (json.currentToken() == JsonToken.FIELD_NAME && json.currentName().equals("entries")) {
                    json.nextToken();
                    return;
                }
            }
        }

        /** The next entry, until there is none. */
        Optional<Entry> next() throws IOException {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return Optional.empty();
            }
            Map<String, String> fields = HashMap.newHashMap(16);
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                if (json.nextToken() != JsonToken.VALUE_NULL) {
                    fields.put(name, json.getText());
                }
            }
            return Optional.of(entry(fields));
        }

        private static Entry entry(Map<String, String> fields) {
            Optional<Source> source = Optional.ofNullable(fields.get("changed"))
                    .map(changed -> new Source(Long.parseLong(fields.get("inode")), Instant.parse(changed),
                            text(fields, "copied").map(Instant::parse)));
            return new Entry(fields.get("path"), Long.parseLong(fields.get("size")), text(fields, "sha256"),
                    fields.get("mode"), Instant.parse(fields.get("modified")), text(fields, "owner"),
                    text(fields, "link"), text(fields, "same_as"), fields.containsKey("sparse"),
                    text(fields, "stored_in"), source);
        }

        private static Optional<String> text(Map<String, String> fields, String name) {
            return Optional.ofNullable(fields.get(name));
        }

        @Override
        public void close() throws IOException {
            json.close();
        }
    }
}
