package dev.godwit.worker;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The detections of a V1 or V2, by file and place, read without any of Godwit's own code: numbers count with every digit.
 */
final class Detections {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();
    private static final List<String> ADDED = List.of("enhanced", "migration_source", "ocr_confidence",
            "detection_confidence", "video_path");

    private Detections() {}

    /** Of every session in a directory. */
    static Map<String, JsonNode> inFiles(Path directory) throws IOException {
        Map<String, JsonNode> detections = new TreeMap<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(file -> file.toString().endsWith(".json")).toList()) {
                int position = 0;
                for (JsonNode detection : MAPPER.readTree(file.toFile()).path("detections")) {
                    detections.put(file.getFileName() + " " + position++, detection);
                }
            }
        }
        return detections;
    }

    /** Of every row of the database. */
    static Map<String, JsonNode> inDatabase(Path home) throws Exception {
        Map<String, JsonNode> detections = new TreeMap<>();
        query(home, "select source, position, document from detections", row -> {
            JsonNode before = detections.put(row.getString(1) + " " + row.getInt(2), MAPPER.readTree(row.getString(3)));
            if (before != null) {
                throw new AssertionError("twice: " + row.getString(1) + " " + row.getInt(2));
            }
        });
        return detections;
    }

    /** As V1 wrote them: without what the migration added. */
    static Map<String, JsonNode> asV1WroteThem(Map<String, JsonNode> detections) {
        Map<String, JsonNode> plain = new TreeMap<>();
        detections.forEach((place, detection) -> plain.put(place, ((ObjectNode) detection.deepCopy()).remove(ADDED)));
        return plain;
    }

    /** Those of these places. */
    static Map<String, JsonNode> only(Map<String, JsonNode> detections, Set<String> places) {
        Map<String, JsonNode> some = new TreeMap<>(detections);
        some.keySet().retainAll(places);
        return some;
    }

    /** Asks the database of a V2. */
    static void query(Path home, String sql, Row reader) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + home.resolve("data/detections.db"));
                Statement statement = connection.createStatement()) {
            statement.execute("pragma busy_timeout = 10000");
            try (ResultSet rows = statement.executeQuery(sql)) {
                while (rows.next()) {
                    reader.read(rows);
                }
            }
        }
    }

    /** What is done with a row. */
    interface Row {
        void read(ResultSet row) throws SQLException, IOException;
    }
}
