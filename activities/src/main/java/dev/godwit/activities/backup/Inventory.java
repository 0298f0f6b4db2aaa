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
            Fields fields = new Fields();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                if (json.nextToken() != JsonToken.VALUE_NULL) {
                    fields.set(name, json);
                }
            }
            return Optional.of(fields.entry());
        }

        @Override
        public void close() throws IOException {
            json.close();
        }
    }

    /** An entry of which not all is read yet. */
    private static final class Fields {
        private String path;
        private long size;
        private String sha256;
        private String mode;
        private Instant modified;
        private String owner;
        private String link;
        private String sameAs;
        private boolean sparse;
        private String storedIn;
        private long inode;
        private Instant changed;
        private Instant copied;

        void set(String name, JsonParser json) throws IOException {
            switch (name) {
                case "path" -> path = json.getText();
                case "size" -> size = json.getLongValue();
                case "sha256" -> sha256 = json.getText();
                case "mode" -> mode = json.getText();
                case "modified" -> modified = Times.parse(json.getText());
                case "owner" -> owner = json.getText();
                case "link" -> link = json.getText();
                case "same_as" -> sameAs = json.getText();
                case "sparse" -> sparse = json.getBooleanValue();
                case "stored_in" -> storedIn = json.getText();
                case "inode" -> inode = json.getLongValue();
                case "changed" -> changed = Times.parse(json.getText());
                case "copied" -> copied = Times.parse(json.getText());
                default -> json.skipChildren(); // A newer version's.
            }
        }

        Entry entry() {
            Optional<Source> source = changed == null
                    ? Optional.empty()
                    : Optional.of(new Source(inode, changed, Optional.ofNullable(copied)));
            return new Entry(path, size, Optional.ofNullable(sha256), mode, modified, Optional.ofNullable(owner),
                    Optional.ofNullable(link), Optional.ofNullable(sameAs), sparse, Optional.ofNullable(storedIn),
                    source);
        }
    }
}
