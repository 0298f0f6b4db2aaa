package dev.godwit.activities.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.host.TreeSnapshot;
import dev.godwit.json.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The place for backups of a world: beside what counts in it, because inodes and times in inventories differ. */
final class Backups {
    private static final Set<String> DIFFER = Set.of("inode", "changed", "copied", "restore_seconds",
            "inventory_sha256");

    private Backups() {}

    static Path of(Path world) {
        return world.resolveSibling(world.getFileName() + ".state").resolve("backups");
    }

    static Path of(StepWorld world) {
        return of(world.directory());
    }

    /** All that can be seen of the backups in a directory and does not differ from one world to the next. */
    static List<String> lines(Path directory) throws Exception {
        if (!Files.exists(directory)) {
            return List.of();
        }
        List<String> lines = new ArrayList<>();
        for (String line : TreeSnapshot.of(directory, false)) {
            if (!line.contains(BackupStore.INVENTORY) && !line.contains("/" + BackupStore.COMPLETE)) {
                lines.add(line);
            }
        }
        BackupStore store = new DirectoryStore(directory, "backups");
        lines.addAll(descriptions(store));
        return lines;
    }

    static List<String> descriptions(BackupStore store) throws Exception {
        List<String> lines = new ArrayList<>();
        for (String name : store.names()) {
            lines.add(name + " " + description(store, name, BackupStore.COMPLETE));
            lines.add(name + " " + description(store, name, BackupStore.INVENTORY));
        }
        return lines;
    }

    /** Nothing, as long as it is not there. */
    private static JsonNode description(BackupStore store, String backup, String name) throws Exception {
        if (store.size(backup, name) < 0) {
            return MissingNode.getInstance();
        }
        try (var in = store.open(backup, name)) {
            JsonNode json = Json.read(new String(in.readAllBytes(), StandardCharsets.UTF_8), JsonNode.class);
            ((ObjectNode) json).remove(DIFFER);
            json.path("entries").forEach(entry -> ((ObjectNode) entry).remove(DIFFER));
            return json;
        }
    }
}
