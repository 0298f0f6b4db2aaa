package dev.godwit.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** A run's report without what no two runs have in common: times, ids, places, and what was measured. */
final class ComparableReport {
    private static final String TIME = "20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z";
    private static final String BACKUP = "20\\d{6}T\\d{6}Z-[0-9a-f]{8}";
    private static final String ID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
    /** The same work takes them another time, and another number of tries after a crash. */
    private static final Set<String> NEVER_EQUAL = Set.of("millis", "seconds", "restore_seconds", "actual", "pid",
            "attempts",
            "evidence",
            "started_by");
    private static final Set<String> MEASURED = Set.of("measure.http", "measure.resources", "probe.http",
            "wait.quiet");
    /** V1 goes on writing its log while it is backed up, and times are in what is written. */
    private static final Set<String> OF_ANY_SIZE = Set.of("backup.files", "files.write");

    private ComparableReport() {}

    /** Of what {@code --output json} gave. */
    static String of(JsonNode report, LicensePlate plate) throws IOException {
        String text = report.toString()
                .replace(plate.root().toString(), "ROOT")
                .replace(plate.site().state().toString(), "STATE")
                .replace("\"v1_port\":" + plate.v1("").getPort(), "\"v1_port\":0")
                .replace("\"v2_port\":" + plate.v2("").getPort(), "\"v2_port\":0")
                .replace(":" + plate.v1("").getPort(), ":V1")
                .replace(":" + plate.v2("").getPort(), ":V2")
                .replaceAll(TIME, "TIME")
                .replaceAll(BACKUP, "BACKUP")
                .replaceAll(ID, "ID");
        ObjectMapper mapper = new ObjectMapper();
        return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(plain(mapper.readTree(text)));
    }

    private static JsonNode plain(JsonNode node) {
        if (node instanceof ArrayNode array) {
            array.forEach(ComparableReport::plain);
        } else if (node instanceof ObjectNode object) {
            object.remove(NEVER_EQUAL);
            String uses = object.path("uses").asText();
            if (object.get("output") instanceof ObjectNode output) {
                if (MEASURED.contains(uses)) {
                    output.fieldNames().forEachRemaining(name -> output.put(name, "measured"));
                } else if (OF_ANY_SIZE.contains(uses)) {
                    output.remove(List.of("bytes", "changed", "changed_files"));
                }
            }
            object.forEach(ComparableReport::plain);
        }
        return node;
    }
}
