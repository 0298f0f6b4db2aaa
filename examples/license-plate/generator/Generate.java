import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Makes the home of a licence-plate recogniser V1 that has been in use for a while:
 *
 * <pre>
 * java Generate.java HOME --sessions N [--seed S]
 * </pre>
 *
 * <p>The same seed gives the same bytes and the same modification times. Among the sessions are the awkward ones that real
 * data has: plates in other scripts, integers above 2^53, decimals that end in zero, sessions without an id, sessions
 * without detections.
 */
public final class Generate {
    /** Sessions are a minute apart; videos spread over the same days. */
    private static final Instant FIRST = Instant.parse("2025-06-01T06:00:00Z");
    private static final DateTimeFormatter FILE_NAME = DateTimeFormatter.ofPattern("yyyyMMdd_HHmmss")
            .withZone(ZoneOffset.UTC);
    private static final List<String> OTHER_PLATES = List.of("ÄÖ-Ü 77", "京A·88888", "М123АВ77", "طبص ١٢٣٤", "🚗 4 U");

    private final Path home;
    private final int sessions;
    private final Random random;

    private Generate(Path home, int sessions, long seed) {
        this.home = home;
        this.sessions = sessions;
        this.random = new Random(seed);
    }

    public static void main(String[] arguments) throws Exception {
        Path home = null;
        int sessions = -1;
        long seed = 1;
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--sessions" -> sessions = Integer.parseInt(arguments[++i]);
                case "--seed" -> seed = Long.parseLong(arguments[++i]);
                default -> home = Path.of(arguments[i]);
            }
        }
        if (home == null || sessions < 0) {
            System.err.println("usage: java Generate.java HOME --sessions N [--seed S]");
            System.exit(2);
        }
        new Generate(home, sessions, seed).generate();
    }

    private void generate() throws Exception {
        Path plates = Files.createDirectories(home.resolve("data/license_plates"));
        Path enhanced = Files.createDirectories(home.resolve("data/enhanced_plates"));
        Path videos = Files.createDirectories(home.resolve("data/videos"));
        Path logs = Files.createDirectories(home.resolve("logs"));
        StringBuilder log = new StringBuilder();
        long detections = 0;
        for (int i = 0; i < sessions; i++) {
            Instant at = FIRST.plus(Duration.ofMinutes(i));
            String name = "session_" + FILE_NAME.format(at) + ".json";
            int count = i % 10 == 9 ? 0 : random.nextInt(13);
            detections += count;
            write(plates.resolve(name), session(i, at, count), at);
            if (i % 20 == 0) {
                write(enhanced.resolve("enhanced_" + FILE_NAME.format(at) + ".json"), enhanced(at), at);
            }
            log.append(at).append(" session ").append(name).append(" with ").append(count).append(" detections\n");
        }
        int films = Math.max(6, sessions / 50);
        for (int i = 0; i < films; i++) {
            Instant at = FIRST.plus(Duration.ofHours(11L * i));
            write(videos.resolve("plate_" + FILE_NAME.format(at) + ".mp4"), video(), at);
        }
        Instant end = FIRST.plus(Duration.ofDays(9));
        write(logs.resolve("v1.log"), log.toString(), end);
        write(home.resolve(".env"), ENVIRONMENT, end);
        write(home.resolve("V1.java"), Files.readAllBytes(source().resolveSibling("v1").resolve("V1.java")), end);
        for (Path directory : List.of(plates, enhanced, videos, home.resolve("data"), logs)) {
            Files.setLastModifiedTime(directory, FileTime.from(end));
        }
        System.out.printf("%d sessions with %d detections and %d videos in %s%n", sessions, detections, films, home);
    }

    private String session(int number, Instant at, int count) {
        StringBuilder json = new StringBuilder("{\n");
        if (number % 7 != 6) {
            json.append("  \"session_id\": \"session_").append(FILE_NAME.format(at)).append("\",\n");
        }
        json.append("  \"session_timestamp\": ").append(at.getEpochSecond()).append(".250,\n");
        json.append("  \"configuration\": {\"camera_id\": 0, \"process_every_n_frames\": 5, \"model\": \"yolo11n\"},\n");
        json.append("  \"detections\": [");
        for (int i = 0; i < count; i++) {
            json.append(i == 0 ? "\n    " : ",\n    ").append(detection(at, i));
        }
        return json.append(count == 0 ? "]\n}\n" : "\n  ]\n}\n").toString();
    }

    private String detection(Instant at, int number) {
        String plate = random.nextInt(20) == 0
                ? OTHER_PLATES.get(random.nextInt(OTHER_PLATES.size()))
                : String.format(Locale.ROOT, "TX%c%04d", 'A' + random.nextInt(26), random.nextInt(10_000));
        String confidence = random.nextInt(8) == 0
                ? "0.9100"
                : String.format(Locale.ROOT, "0.%06d", 500_000 + random.nextInt(500_000));
        long tracking = random.nextInt(10) == 0 ? 9_007_199_254_740_993L + random.nextInt(100) * 2L
                : random.nextInt(10_000);
        return String.format(Locale.ROOT,
                "{\"plate_text\": \"%s\", \"confidence\": %s, \"timestamp\": %d.%03d, \"frame_number\": %d, "
                        + "\"tracking_id\": %d, \"bbox\": [%d, %d, %d, %d]}",
                plate, confidence, at.getEpochSecond() + number, random.nextInt(1000), number * 5, tracking,
                random.nextInt(640), random.nextInt(480), 80 + random.nextInt(80), 20 + random.nextInt(40));
    }

    private String enhanced(Instant at) {
        return "{\"plate_text\": \"TX" + random.nextInt(10_000) + "\", \"method\": \"upscale\", \"timestamp\": "
                + at.getEpochSecond() + "}\n";
    }

    /** What stands for a video: the head of an MP4 file and some kilobytes of noise. */
    private byte[] video() {
        byte[] bytes = new byte[2_000 + random.nextInt(6_000)];
        random.nextBytes(bytes);
        byte[] head = "\0\0\0\30ftypmp42".getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(head, 0, bytes, 0, head.length);
        return bytes;
    }

    private static void write(Path file, String content, Instant modified) throws IOException {
        write(file, content.getBytes(StandardCharsets.UTF_8), modified);
    }

    private static void write(Path file, byte[] content, Instant modified) throws IOException {
        Files.write(file, content);
        Files.setLastModifiedTime(file, FileTime.from(modified));
    }

    /** The directory of this source file. */
    private static Path source() throws Exception {
        Path beside = Path.of(Generate.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        return Files.isDirectory(beside) ? beside : beside.getParent();
    }

    private static final String ENVIRONMENT = """
            # License plate recognition, V1
            HOST=0.0.0.0
            PORT=8000

            # Camera
            CAMERA_ID=0
            FRAME_WIDTH=1280
            FRAME_HEIGHT=720

            # Detection
            MODEL_PATH=models/yolo11n.pt
            CONFIDENCE_THRESHOLD=0.5
            #SAVE_DEBUG_IMAGES=true
            SITE_NAME="Gate 3, north"
            """;
}
