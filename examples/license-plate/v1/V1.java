import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Version 1 of the licence-plate recogniser: JSON files, one per session, and a handful of endpoints. Its home is its
 * working directory:
 *
 * <pre>
 * cd HOME && java V1.java
 * </pre>
 *
 * <p>Settings come from the environment or else from {@code .env}: {@code PORT} (8000), {@code SESSION_INTERVAL_MS} (200),
 * {@code CAMERA_ID} (0).
 */
public final class V1 {
    private static final DateTimeFormatter FILE_NAME = DateTimeFormatter.ofPattern("yyyyMMdd_HHmmss_SSS")
            .withZone(ZoneOffset.UTC);
    private static final List<String> ENDPOINTS = List.of("GET /", "GET /health", "GET /stream", "GET /detection/status",
            "POST /detection/start", "POST /detection/stop", "GET /results/latest", "GET /docs");

    private final Path home = Path.of("").toAbsolutePath();
    private final Path sessions = home.resolve("data/license_plates");
    private final Map<String, String> settings = settings(home.resolve(".env"));
    private final AtomicLong written = new AtomicLong();
    private final Random camera = new Random();
    private final Object logging = new Object();
    private Thread detection;
    private CountDownLatch ending;

    public static void main(String[] arguments) throws IOException {
        System.setProperty("sun.net.httpserver.nodelay", "true");
        new V1().serve();
    }

    private void serve() throws IOException {
        int port = Integer.parseInt(setting("PORT", "8000"));
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", this::answer);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stopDetection();
            log("stopped");
        }));
        server.start();
        log("V1 listens on port " + port);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String request = exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
            switch (request) {
                case "GET /" -> json(exchange, 200, "{\"name\": \"license plate recognition\", \"version\": \"1.0\"}");
                case "GET /health" -> json(exchange, 200, "{\"status\": \"healthy\", \"version\": \"1.0\", \"pid\": "
                        + ProcessHandle.current().pid() + "}");
                case "GET /stream" -> stream(exchange);
                case "GET /detection/status" -> json(exchange, 200, status());
                case "POST /detection/start" -> {
                    startDetection();
                    json(exchange, 200, status());
                }
                case "POST /detection/stop" -> {
                    stopDetection();
                    json(exchange, 200, status());
                }
                case "GET /results/latest" -> json(exchange, 200, latest());
                case "GET /docs" -> send(exchange, 200, "text/html",
                        "<h1>V1</h1><ul><li>" + String.join("<li>", ENDPOINTS) + "</ul>");
                default -> json(exchange, 404, "{\"detail\": \"Not Found\"}");
            }
        } catch (IOException | RuntimeException e) {
            log("cannot answer " + exchange.getRequestURI() + ": " + e);
        }
    }

    /** The newest session that saw a plate, as it is on disk. */
    private String latest() throws IOException {
        List<Path> newestFirst = List.of();
        if (Files.isDirectory(sessions)) {
            try (Stream<Path> files = Files.list(sessions)) {
                newestFirst = files.filter(file -> file.toString().endsWith(".json"))
                        .sorted((one, other) -> other.getFileName().compareTo(one.getFileName())).toList();
            }
        }
        for (Path file : newestFirst) {
            String session = Files.readString(file);
            if (session.contains("\"plate_text\"")) {
                return session;
            }
        }
        return "{\"detections\": []}";
    }

    private synchronized String status() {
        return "{\"running\": " + (detection != null) + ", \"sessions_written\": " + written
                + ", \"version\": \"1.0\"}";
    }

    private synchronized void startDetection() {
        if (detection == null) {
            CountDownLatch end = new CountDownLatch(1);
            ending = end;
            detection = new Thread(() -> detect(end), "detection");
            detection.start();
            log("detection started");
        }
    }

    private synchronized void stopDetection() {
        if (detection != null) {
            ending.countDown();
            try {
                detection.join(); // So that no file is left half-written.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            detection = null;
            log("detection stopped after " + written + " sessions");
        }
    }

    private void detect(CountDownLatch end) {
        long interval = Long.parseLong(setting("SESSION_INTERVAL_MS", "200"));
        try {
            do {
                writeSession(Instant.now());
            } while (!end.await(interval, TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void writeSession(Instant now) {
        String name = "session_" + FILE_NAME.format(now) + "_" + written.get() + ".json";
        StringBuilder json = new StringBuilder();
        json.append("{\n  \"session_id\": \"").append(name, 0, name.length() - ".json".length()).append("\",\n");
        json.append("  \"session_timestamp\": ").append(seconds(now)).append(",\n");
        json.append("  \"configuration\": {\"camera_id\": ").append(setting("CAMERA_ID", "0"))
                .append(", \"process_every_n_frames\": 5},\n  \"detections\": [");
        int count = camera.nextInt(4);
        for (int i = 0; i < count; i++) {
            json.append(i == 0 ? "\n    " : ",\n    ").append(detection(now, i));
        }
        json.append(count == 0 ? "]\n}\n" : "\n  ]\n}\n");
        try {
            Files.createDirectories(sessions);
            Path temporary = sessions.resolve("." + name + ".tmp");
            Files.writeString(temporary, json);
            Files.move(temporary, sessions.resolve(name), StandardCopyOption.ATOMIC_MOVE);
            written.incrementAndGet();
            log("session " + name + " with " + count + " detections");
        } catch (IOException e) {
            log("cannot write session " + name + ": " + e);
        }
    }

    private String detection(Instant now, int number) {
        return String.format(Locale.ROOT,
                "{\"plate_text\": \"%s%04d\", \"confidence\": %.4f, \"timestamp\": %s, \"frame_number\": %d, "
                        + "\"tracking_id\": %d, \"bbox\": [%d, %d, %d, %d]}",
                camera.nextInt(10) == 0 ? "ÄÖ京" : "TX", camera.nextInt(10_000), 0.5 + camera.nextDouble() / 2,
                seconds(now), written.get() * 5 + number, camera.nextLong() >>> 1, camera.nextInt(640),
                camera.nextInt(480), 120, 40);
    }

    private static String seconds(Instant now) {
        return String.format(Locale.ROOT, "%d.%03d", now.getEpochSecond(), now.getNano() / 1_000_000);
    }

    /** Three frames; the camera would go on for ever. */
    private void stream(HttpExchange exchange) throws IOException {
        send(exchange, 200, "multipart/x-mixed-replace; boundary=frame",
                "--frame\r\nContent-Type: image/jpeg\r\n\r\n(a frame)\r\n".repeat(3) + "--frame--\r\n");
    }

    private static void json(HttpExchange exchange, int status, String body) throws IOException {
        send(exchange, status, "application/json", body);
    }

    private static void send(HttpExchange exchange, int status, String type, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, bytes.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }

    private String setting(String name, String otherwise) {
        String inEnvironment = System.getenv(name);
        return inEnvironment != null ? inEnvironment : settings.getOrDefault(name, otherwise);
    }

    private static Map<String, String> settings(Path file) {
        Map<String, String> settings = new LinkedHashMap<>();
        try {
            for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
                int equals = line.indexOf('=');
                if (equals > 0 && !line.startsWith("#")) {
                    settings.put(line.substring(0, equals).strip(), line.substring(equals + 1).strip());
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("cannot read " + file, e);
        }
        return settings;
    }

    private void log(String message) {
        String line = Instant.now() + " " + message + System.lineSeparator();
        System.out.print(line);
        synchronized (logging) {
            try {
                Files.createDirectories(home.resolve("logs"));
                Files.writeString(home.resolve("logs/v1.log"), line, StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            } catch (IOException e) {
                System.err.println("cannot write the log: " + e);
            }
        }
    }
}
