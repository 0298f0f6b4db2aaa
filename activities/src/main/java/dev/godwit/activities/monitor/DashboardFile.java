package dev.godwit.activities.monitor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.activities.files.Hashes;
import dev.godwit.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A dashboard as {@code POST /api/dashboards/db} is documented to take it.
 *
 * @param uid by which it is known
 * @param title for people
 * @param dashboard its model, with its uid and without what only one Grafana knows of it
 */
record DashboardFile(String uid, String title, ObjectNode dashboard) {

    private static final int LONGEST_UID = 40;
    private static final Set<String> BODY = Set.of("dashboard", "folderId", "folderUid", "message", "overwrite",
            "refresh", "meta", "inputs");

    /**
     * Reads a file.
     *
     * @throws IllegalArgumentException with all that is wrong with it
     */
    static DashboardFile read(byte[] content) {
        JsonNode json = Json.read(new String(content, StandardCharsets.UTF_8), JsonNode.class);
        JsonNode model = json.path("dashboard").isObject() ? json.path("dashboard") : json;
        List<String> faults = new ArrayList<>();
        if (!model.isObject()) {
            throw new IllegalArgumentException("it is no JSON object");
        }
        if (model != json) {
            json.fieldNames().forEachRemaining(name -> {
                if (!BODY.contains(name)) {
                    faults.add("'" + name + "' beside dashboard means nothing");
                }
            });
        }
        require(model, "title", "a text", model.path("title").isTextual() && !model.path("title").asText().isBlank(),
                faults);
        String uid = model.path("uid").asText("");
        require(model, "uid", "a text of at most " + LONGEST_UID + " letters, digits, '-' and '_'",
                absent(model, "uid") || model.path("uid").isTextual()
                        && uid.matches("[A-Za-z0-9_-]{0," + LONGEST_UID + "}"),
                faults);
        require(model, "tags", "a list of texts", absent(model, "tags") || model.path("tags").isArray()
                && texts(model.path("tags")), faults);
        for (String name : List.of("panels", "links")) {
            require(model, name, "a list", absent(model, name) || model.path(name).isArray(), faults);
        }
        for (String name : List.of("time", "templating", "annotations", "timepicker")) {
            require(model, name, "an object", absent(model, name) || model.path(name).isObject(), faults);
        }
        for (String name : List.of("schemaVersion", "version")) {
            require(model, name, "a whole number",
                    absent(model, name) || model.path(name).isIntegralNumber(), faults);
        }
        if (model.has("__inputs")) {
            faults.add("it has __inputs, which only a person can answer; export it without 'share externally'");
        }
        if (!faults.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", faults));
        }
        String title = model.path("title").asText();
        String known = uid.isEmpty() ? "godwit-" + Hashes.sha256(title).substring(0, 16) : uid;
        return new DashboardFile(known, title, portable(model).put("uid", known));
    }

    private static void require(JsonNode model, String name, String what, boolean right, List<String> faults) {
        if (!right) {
            faults.add(name + " must be " + what + ", and is "
                    + (model.has(name) ? model.path(name).toString() : "missing"));
        }
    }

    private static boolean absent(JsonNode model, String name) {
        return model.path(name).isMissingNode() || model.path(name).isNull();
    }

    private static boolean texts(JsonNode list) {
        for (JsonNode item : list) {
            if (!item.isTextual()) {
                return false;
            }
        }
        return true;
    }

    /** A model without what one Grafana gave it: its number there, and the count of its versions. */
    static ObjectNode portable(JsonNode model) {
        ObjectNode copy = model.deepCopy();
        copy.remove(List.of("id", "version"));
        return copy;
    }
}
