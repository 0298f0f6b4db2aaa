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
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Version 2 of the licence-plate recogniser: its own session format, a database beside the JSON files, features behind
 * flags, and V1's endpoints for those who still use them. Its home is its working directory:
 *
 * <pre>
 * cd HOME && java V2.java                               JSON only
 * cd HOME && java -cp sqlite-jdbc.jar V2.java           with dual storage
 * </pre>
 *
 * <p>Settings come from the environment or else from {@code .env}: {@code PORT} (8000), {@code SESSION_INTERVAL_MS} (200),
 * the {@link #FLAGS}, and, to see a migration fail, {@code FAULT} (wrong-detections, error-500 or slow) and
 * {@code FAULT_FEATURE} (the name of a flag: while it is on, {@code /v2/results/detections} answers 500).
 */
public final class V2 {
    private static final List<String> FLAGS = List.of("DUAL_STORAGE_ENABLED", "VIDEO_OVERLAYS_ENABLED",
            "CONFIDENCE_DISPLAY_ENABLED", "ENHANCED_RECOGNITION_ENABLED", "TEXAS_PLATE_IMPROVEMENTS",
            "CHARACTER_CORRECTION_ENABLED", "CONFIDENCE_COLOR_CODING", "SYSTEM_METRICS_OVERLAY",
            "V1_COMPATIBILITY_MODE");
    private static final List<String> ENDPOINTS = List.of("GET /", "GET /health", "GET /v2/stream",
            "GET /v2/results/detections?limit=N", "GET /v2/features", "GET /docs", "V1: GET /stream",
            "V1: GET /results/latest", "V1: GET /detection/status", "V1: POST /detection/start",
            "V1: POST /detection/stop");
    private static final DateTimeFormatter FILE_NAME = DateTimeFormatter.ofPattern("yyyyMMdd_HHmmss_SSS")
            .withZone(ZoneOffset.UTC);

    private final Path home = Path.of("").toAbsolutePath();
    private final Map<String, String> settings = settings(home.resolve(".env"));
    private final Sessions sessions = new Sessions(home.resolve("data/license_plates_v2"));
    private final Database database = new Database(home.resolve("data/detections.db"));
    private final AtomicLong written = new AtomicLong();
    private final Random camera = new Random();
    private final Object logging = new Object();
    private Thread detection;
    private CountDownLatch ending;

    public static void main(String[] arguments) throws IOException {
        System.setProperty("sun.net.httpserver.nodelay", "true");
        new V2().serve();
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
        log("V2 listens on port " + port + " with " + features());
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            try {
                answer(exchange, exchange.getRequestURI().getPath());
            } catch (IOException | SQLException | RuntimeException e) {
                log("cannot answer " + exchange.getRequestURI() + ": " + e);
                json(exchange, 500, ordered("detail", e.toString()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void answer(HttpExchange exchange, String path) throws IOException, SQLException, InterruptedException {
        String fault = setting("FAULT", "");
        if (fault.equals("slow")) {
            Thread.sleep(5_000);
        }
        if (path.startsWith("/v2/") && fault.equals("error-500")) {
            throw new IllegalStateException("FAULT=error-500");
        }
        switch (exchange.getRequestMethod() + " " + path) {
            case "GET /" -> json(exchange, 200, ordered("name", "license plate recognition", "version", "2.0"));
            case "GET /health" -> json(exchange, 200, health());
            case "GET /v2/stream" -> stream(exchange, on("VIDEO_OVERLAYS_ENABLED"));
            case "GET /v2/results/detections" -> detections(exchange);
            case "GET /v2/features" -> json(exchange, 200, features());
            case "GET /docs" -> send(exchange, 200, "text/html",
                    "<h1>V2</h1><ul><li>" + String.join("<li>", ENDPOINTS) + "</ul>");
            default -> answerLikeV1(exchange, exchange.getRequestMethod() + " " + path);
        }
    }

    private void answerLikeV1(HttpExchange exchange, String request) throws IOException {
        switch (setting("V1_COMPATIBILITY_MODE", "true").equals("true") ? request : "") {
            case "GET /stream" -> stream(exchange, false);
            case "GET /detection/status" -> json(exchange, 200, status());
            case "POST /detection/start" -> {
                startDetection();
                json(exchange, 200, status());
            }
            case "POST /detection/stop" -> {
                stopDetection();
                json(exchange, 200, status());
            }
            case "GET /results/latest" -> json(exchange, 200, ordered("detections", sessions.latest(1)));
            default -> json(exchange, 404, ordered("detail", "Not Found"));
        }
    }

    private Map<String, Object> health() throws IOException, SQLException {
        Map<String, Object> storage = ordered("sessions", sessions.count(), "json", sessions.detections(), "database",
                null);
        if (on("DUAL_STORAGE_ENABLED")) {
            if (database.hasDriver()) {
                storage.put("database", database.count());
            } else {
                storage.put("database_note", "no SQLite driver on the class path; start with java -cp DRIVER.jar V2.java");
            }
        }
        return ordered("status", "healthy", "version", "2.0", "pid", ProcessHandle.current().pid(), "features", features(), "storage", storage);
    }

    private Map<String, Object> features() {
        Map<String, Object> features = new LinkedHashMap<>();
        FLAGS.forEach(flag -> features.put(flag, on(flag)));
        return features;
    }

    private void detections(HttpExchange exchange) throws IOException {
        if (on(setting("FAULT_FEATURE", ""))) {
            throw new IllegalStateException("FAULT_FEATURE=" + setting("FAULT_FEATURE", ""));
        }
        String query = String.valueOf(exchange.getRequestURI().getQuery());
        int limit = query.startsWith("limit=") ? Integer.parseInt(query.substring("limit=".length())) : 100;
        List<Object> latest = sessions.latest(limit);
        latest = latest.subList(0, Math.min(limit, latest.size()));
        long count = sessions.detections();
        if (setting("FAULT", "").equals("wrong-detections")) {
            count--;
            latest = List.of(ordered("plate_text", "WRONG"));
        }
        json(exchange, 200, ordered("count", count, "detections", latest));
    }

    private void stream(HttpExchange exchange, boolean overlay) throws IOException {
        String frame = "--frame\r\nContent-Type: image/jpeg\r\n\r\n(a frame" + (overlay ? " with overlay" : "") + ")\r\n";
        send(exchange, 200, "multipart/x-mixed-replace; boundary=frame", frame.repeat(3) + "--frame--\r\n");
    }

    private synchronized Map<String, Object> status() {
        return ordered("running", detection != null, "sessions_written", written.get(), "version", "2.0");
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
        List<Object> seen = new ArrayList<>();
        for (int i = camera.nextInt(4); i > 0; i--) {
            seen.add(detection(now));
        }
        Map<String, Object> info = ordered("session_id", name.replace(".json", ""), "start_time", seconds(now),
                "version", "2.0", "enhanced_features", on("ENHANCED_RECOGNITION_ENABLED"));
        try {
            sessions.write(name, ordered("session_info", info, "configuration",
                    ordered("camera_id", Json.number(setting("CAMERA_ID", "0"))), "detections", seen));
            written.incrementAndGet();
            if (on("DUAL_STORAGE_ENABLED") && database.hasDriver()) {
                database.insert(name, seen);
            }
            log("session " + name + " with " + seen.size() + " detections");
        } catch (IOException | SQLException e) {
            log("cannot store session " + name + ": " + e);
        }
    }

    private Map<String, Object> detection(Instant now) {
        String plate = String.format(Locale.ROOT, "TX%04d", camera.nextInt(10_000));
        if (on("CHARACTER_CORRECTION_ENABLED")) {
            plate = plate.replace('O', '0');
        }
        Object confidence = Json.number(String.format(Locale.ROOT, "%.4f", 0.5 + camera.nextDouble() / 2));
        Map<String, Object> detection = ordered("plate_text", plate, "confidence", confidence, "timestamp",
                seconds(now), "frame_number", written.get() * 5, "tracking_id", camera.nextLong() >>> 1);
        detection.put("enhanced", on("ENHANCED_RECOGNITION_ENABLED"));
        detection.put("migration_source", null);
        detection.put("ocr_confidence", confidence);
        detection.put("detection_confidence", confidence);
        detection.put("video_path", null);
        if (on("TEXAS_PLATE_IMPROVEMENTS")) {
            detection.put("region", "TX");
        }
        return detection;
    }

    private static Object seconds(Instant now) {
        return Json.number(
                String.format(Locale.ROOT, "%d.%03d", now.getEpochSecond(), now.getNano() / 1_000_000));
    }

    private static void json(HttpExchange exchange, int status, Object body) throws IOException {
        send(exchange, status, "application/json", Json.write(body));
    }

    private static void send(HttpExchange exchange, int status, String type, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, bytes.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }

    private boolean on(String flag) {
        return setting(flag, flag.equals("V1_COMPATIBILITY_MODE") ? "true" : "false").equalsIgnoreCase("true");
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

    private static Map<String, Object> ordered(Object... namesAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return map;
    }

    private void log(String message) {
        String line = Instant.now() + " " + message + System.lineSeparator();
        System.out.print(line);
        synchronized (logging) {
            try {
                Files.createDirectories(home.resolve("logs"));
                Files.writeString(home.resolve("logs/v2.log"), line, StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            } catch (IOException e) {
                System.err.println("cannot write the log: " + e);
            }
        }
    }

    /**
     * The sessions on disk. Others (a migration) may add to them at any time, so the directory is what counts; whether a
     * known session has been replaced is looked at every few seconds.
     */
    private static final class Sessions {
        private record Known(FileTime modified, long size, int detections) {}

        private final Path directory;
        private final TreeMap<String, Known> known = new TreeMap<>();
        private long detections;
        private long lookedThoroughly;
        private FileTime looked = FileTime.fromMillis(0);

        Sessions(Path directory) {
            this.directory = directory;
        }

        synchronized int count() throws IOException {
            look();
            return known.size();
        }

        synchronized long detections() throws IOException {
            look();
            return detections;
        }

        /** The detections of the newest sessions, as many sessions as it takes to have that many. */
        synchronized List<Object> latest(int atLeast) throws IOException {
            look();
            List<Object> latest = new ArrayList<>();
            for (Map.Entry<String, Known> session : known.descendingMap().entrySet()) {
                if (latest.size() >= atLeast) {
                    break;
                }
                if (session.getValue().detections() > 0) {
                    latest.addAll(read(directory.resolve(session.getKey())));
                }
            }
            return latest;
        }

        void write(String name, Object session) throws IOException {
            Files.createDirectories(directory);
            Path temporary = directory.resolve("." + name + ".tmp");
            Files.writeString(temporary, Json.write(session) + "\n");
            Files.move(temporary, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        }

        private void look() throws IOException {
            Set<String> present = new HashSet<>();
            if (Files.isDirectory(directory)) {
                FileTime modified = Files.getLastModifiedTime(directory);
                long now = System.currentTimeMillis();
                boolean thoroughly = now > lookedThoroughly + 5_000;
                lookedThoroughly = thoroughly ? now : lookedThoroughly;
                boolean settled = modified.toMillis() < now - 1_000;
                if (settled && !thoroughly && modified.equals(looked)) {
                    return;
                }
                looked = settled ? modified : FileTime.fromMillis(0);
                try (Stream<Path> files = Files.list(directory)) {
                    for (Path file : (Iterable<Path>) files::iterator) {
                        String name = file.getFileName().toString();
                        if (name.endsWith(".json")) {
                            present.add(name);
                            if (thoroughly || !known.containsKey(name)) {
                                look(name, file);
                            }
                        }
                    }
                }
            }
            known.keySet().retainAll(present);
            detections = known.values().stream().mapToLong(Known::detections).sum();
        }

        private void look(String name, Path file) throws IOException {
            BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
            Known before = known.get(name);
            if (before == null || !before.modified().equals(now.lastModifiedTime()) || before.size() != now.size()) {
                known.put(name, new Known(now.lastModifiedTime(), now.size(), read(file).size()));
            }
        }

        private static List<?> read(Path file) throws IOException {
            try {
                return Json.read(Files.readString(file)) instanceof Map<?, ?> session
                        && session.get("detections") instanceof List<?> detections ? detections : List.of();
            } catch (IllegalArgumentException e) {
                throw new IOException(file + " is not JSON: " + e.getMessage(), e);
            }
        }
    }

    /** The table {@code detections} in SQLite, which a migration may have made with columns of its own. */
    private static final class Database {
        private static final List<String> COLUMNS = List.of("source", "position", "plate_text", "confidence",
                "timestamp", "document");

        private final String url;
        private final Path file;

        Database(Path file) {
            this.file = file;
            this.url = "jdbc:sqlite:" + file;
        }

        boolean hasDriver() {
            return DriverManager.drivers().anyMatch(driver -> {
                try {
                    return driver.acceptsURL(url);
                } catch (SQLException e) {
                    return false;
                }
            });
        }

        long count() throws SQLException {
            if (Files.notExists(file)) {
                return 0;
            }
            try (Connection connection = open();
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("select count(*) from detections")) {
                return rows.getLong(1);
            }
        }

        synchronized void insert(String source, List<Object> detections) throws SQLException, IOException {
            Files.createDirectories(file.getParent());
            try (Connection connection = open()) {
                List<String> columns = columns(connection);
                connection.setAutoCommit(false);
                try (PreparedStatement insert = connection.prepareStatement("insert into detections ("
                        + String.join(", ", columns) + ") values ("
                        + String.join(", ", Collections.nCopies(columns.size(), "?")) + ")")) {
                    for (int i = 0; i < detections.size(); i++) {
                        Map<?, ?> detection = (Map<?, ?>) detections.get(i);
                        for (int column = 0; column < columns.size(); column++) {
                            insert.setObject(column + 1, switch (columns.get(column)) {
                                case "source" -> source;
                                case "position" -> i;
                                case "document" -> Json.write(detection);
                                case "plate_text" -> detection.get("plate_text");
                                default -> Double.valueOf(detection.get(columns.get(column)).toString());
                            });
                        }
                        insert.addBatch();
                    }
                    insert.executeBatch();
                }
                connection.commit();
            }
        }

        private Connection open() throws SQLException {
            Connection connection = DriverManager.getConnection(url);
            try (Statement statement = connection.createStatement()) {
                statement.execute("pragma busy_timeout = 5000");
                statement.execute("create table if not exists detections (source text not null, position integer not null,"
                        + " plate_text text, confidence real, timestamp real, document text,"
                        + " primary key (source, position))");
            }
            return connection;
        }

        private static List<String> columns(Connection connection) throws SQLException {
            Set<String> present = new HashSet<>();
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("pragma table_info(detections)")) {
                while (rows.next()) {
                    present.add(rows.getString("name"));
                }
            }
            return COLUMNS.stream().filter(present::contains).toList();
        }
    }

    /** As much JSON as this needs; numbers keep the digits that they were written with. */
    private static final class Json {
        private record Digits(String text) {
            @Override
            public String toString() {
                return text;
            }
        }

        private final String text;
        private int at;

        private Json(String text) {
            this.text = text;
        }

        static Object number(String digits) {
            return new Digits(digits);
        }

        static Object read(String text) {
            Json json = new Json(text);
            Object value = json.value();
            if (json.peek() != 0) {
                throw json.wrong();
            }
            return value;
        }

        static String write(Object value) {
            StringBuilder out = new StringBuilder();
            write(value, out);
            return out.toString();
        }

        private Object value() {
            return switch (peek()) {
                case '{' -> object();
                case '[' -> array();
                case '"' -> string();
                case 't' -> word("true", true);
                case 'f' -> word("false", false);
                case 'n' -> word("null", null);
                default -> digits();
            };
        }

        private Map<String, Object> object() {
            Map<String, Object> object = new LinkedHashMap<>();
            at++;
            while (peek() != '}') {
                if (!object.isEmpty()) {
                    expect(',');
                }
                peek();
                String name = string();
                expect(':');
                object.put(name, value());
            }
            at++;
            return object;
        }

        private List<Object> array() {
            List<Object> array = new ArrayList<>();
            at++;
            while (peek() != ']') {
                if (!array.isEmpty()) {
                    expect(',');
                }
                array.add(value());
            }
            at++;
            return array;
        }

        private String string() {
            expect('"');
            StringBuilder string = new StringBuilder();
            while (at < text.length() && text.charAt(at) != '"') {
                char c = text.charAt(at++);
                if (c == '\\' && at < text.length()) {
                    c = text.charAt(at++);
                    switch (c) {
                        case 'n' -> c = '\n';
                        case 't' -> c = '\t';
                        case 'r' -> c = '\r';
                        case 'b' -> c = '\b';
                        case 'f' -> c = '\f';
                        case 'u' -> {
                            c = (char) Integer.parseInt(text.substring(at, at + 4), 16);
                            at += 4;
                        }
                        default -> {
                        }
                    }
                }
                string.append(c);
            }
            expect('"');
            return string.toString();
        }

        private Object digits() {
            int start = at;
            while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
            if (at == start) {
                throw wrong();
            }
            return new Digits(text.substring(start, at));
        }

        private Object word(String word, Object value) {
            if (!text.startsWith(word, at)) {
                throw wrong();
            }
            at += word.length();
            return value;
        }

        private char peek() {
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            return at < text.length() ? text.charAt(at) : 0;
        }

        private void expect(char wanted) {
            if (peek() != wanted) {
                throw wrong();
            }
            at++;
        }

        private IllegalArgumentException wrong() {
            return new IllegalArgumentException(
                    at < text.length() ? "unexpected '" + text.charAt(at) + "' at " + at : "it ends too early");
        }

        private static void write(Object value, StringBuilder out) {
            if (value instanceof Map<?, ?> map) {
                String separator = "{";
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    out.append(separator);
                    write(entry.getKey(), out);
                    out.append(": ");
                    write(entry.getValue(), out);
                    separator = ", ";
                }
                out.append(map.isEmpty() ? "{}" : "}");
            } else if (value instanceof List<?> list) {
                String separator = "[";
                for (Object element : list) {
                    out.append(separator);
                    write(element, out);
                    separator = ", ";
                }
                out.append(list.isEmpty() ? "[]" : "]");
            } else if (value instanceof String string) {
                out.append('"');
                string.chars().forEach(c -> {
                    if (c == '"' || c == '\\') {
                        out.append('\\').append((char) c);
                    } else if (c < 0x20) {
                        out.append(String.format(Locale.ROOT, "\\u%04x", c));
                    } else {
                        out.append((char) c);
                    }
                });
                out.append('"');
            } else {
                out.append(value); // A number, true, false or null.
            }
        }
    }
}
