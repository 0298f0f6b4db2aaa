import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;

/**
 * Makes the data of the document benchmarks: sessions of 4.8 kB each on average, with about 21 detections.
 *
 * <pre>
 * java Sessions.java DIRECTORY COUNT [lines]
 * </pre>
 *
 * <p>A file for each, or with {@code lines} one file {@code sessions.jsonl}. The same count gives the same bytes. Now and then
 * comes what real data has: plates in other scripts, integers above 2^53 and 2^64, decimals that end in zero, sessions
 * without an id or without detections, one id twice.
 */
public final class Sessions {
    private static final String[] PLATES = {"ÄÖ-Ü 77", "京A·88888", "М123АВ77", "طبص ١٢٣٤", "🚗 4 U"};

    private Sessions() {}

    public static void main(String[] arguments) throws Exception {
        Path directory = Files.createDirectories(Path.of(arguments[0]));
        int count = Integer.parseInt(arguments[1]);
        Random random = new Random(1);
        if (arguments.length > 2) {
            try (BufferedWriter lines = Files.newBufferedWriter(directory.resolve("sessions.jsonl"))) {
                for (int i = 0; i < count; i++) {
                    lines.write(session(i, random) + "\n");
                }
            }
            return;
        }
        for (int i = 0; i < count; i++) {
            write(directory.resolve(String.format(Locale.ROOT, "session_%06d.json", i)), session(i, random));
        }
    }

    private static void write(Path file, String session) throws IOException {
        Files.write(file, session.getBytes(StandardCharsets.UTF_8));
    }

    private static String session(int number, Random random) {
        double at = 1_750_000_000 + number * 60.0;
        StringBuilder json = new StringBuilder("{");
        if (number % 1000 != 7) {
            json.append("\"session_id\": \"session_").append(number % 5000 == 11 ? 1 : number).append("\", ");
        }
        json.append(String.format(Locale.ROOT, "\"session_timestamp\": %.3f, ", at));
        json.append("\"configuration\": {\"camera_id\": 0, \"process_every_n_frames\": 5, \"model\": \"yolo11n\"}, ");
        json.append("\"detections\": [");
        int count = number % 50 == 49 ? 0 : 11 + random.nextInt(22);
        for (int i = 0; i < count; i++) {
            json.append(i == 0 ? "" : ", ").append(detection(at + i * 0.4, i, random));
        }
        return json.append("]}").toString();
    }

    private static String detection(double at, int number, Random random) {
        String plate = random.nextInt(40) == 0
                ? PLATES[random.nextInt(PLATES.length)]
                : String.format(Locale.ROOT, "TX%c%04d", 'A' + random.nextInt(26), random.nextInt(10_000));
        String tracking = switch (random.nextInt(2000)) {
            case 0 -> "9007199254740993";
            case 1 -> "18446744073709551617";
            default -> Integer.toString(random.nextInt(10_000));
        };
        String confidence = random.nextInt(8) == 0 ? "0.9100" : String.format(Locale.ROOT, "0.%06d", random.nextInt(1_000_000));
        return String.format(Locale.ROOT,
                "{\"plate_text\": \"%s\", \"confidence\": %s, \"timestamp\": %.3f, \"frame_number\": %d, \"tracking_id\": %s, "
                        + "\"bbox\": [%d, %d, %d, %d], \"vehicle\": {\"type\": \"car\", \"colour\": \"grey\"}}",
                plate, confidence, at, number * 5, tracking, random.nextInt(640), random.nextInt(480),
                80 + random.nextInt(80), 20 + random.nextInt(40));
    }
}
