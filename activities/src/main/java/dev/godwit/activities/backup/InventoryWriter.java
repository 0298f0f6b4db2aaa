package dev.godwit.activities.backup;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.godwit.activities.backup.StoredBackup.Entry;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;

/** Writes a backup's inventory, line by line; only a finished one gets its name. */
final class InventoryWriter implements AutoCloseable {
    private final Path inventory;
    private final Path temporary;
    private final JsonGenerator lines;
    private final Totals totals = new Totals();

    InventoryWriter(StoredBackup backup, Instant made, Location from) throws IOException {
        inventory = backup.inventory();
        temporary = inventory.resolveSibling("inventory.tmp");
        lines = Json.mapper().createGenerator(temporary.toFile(), JsonEncoding.UTF8);
        lines.writeStartObject();
        lines.writeObjectField("made", made);
        lines.writeStringField("from", from.toString());
        lines.writeArrayFieldStart("entries");
    }

    void add(Entry entry) throws IOException {
        lines.writeObject(entry);
        totals.add(entry);
    }

    Totals totals() {
        return totals;
    }

    void finish() throws IOException {
        lines.writeEndArray();
        lines.writeNumberField("files", totals.files());
        lines.writeNumberField("bytes", totals.bytes());
        lines.writeObjectField("kinds", totals.kinds());
        lines.writeEndObject();
        lines.close();
        DurableFiles.syncFile(temporary);
        Files.move(temporary, inventory, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
