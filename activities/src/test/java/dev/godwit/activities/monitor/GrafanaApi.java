package dev.godwit.activities.monitor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.resource.Answering;
import dev.godwit.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A server that speaks Grafana's API for dashboards as Grafana's documentation describes it, and refuses every request that
 * does not keep to that. It is not Grafana.
 */
final class GrafanaApi implements AutoCloseable {
    /** The fields that the body of {@code POST /api/dashboards/db} is documented to have. */
    private static final Set<String> DOCUMENTED = Set.of("dashboard", "folderId", "folderUid", "message", "overwrite",
            "refresh");

    private final HttpServer server;
    private final Map<String, ObjectNode> dashboards = new TreeMap<>();
    private final Map<String, String> folders = new TreeMap<>();
    private int posts;

    GrafanaApi(StepWorld world) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/api/dashboards/", this::answer);
        server.start();
        world.resource("grafana", "{kind: 'http', url: 'http://127.0.0.1:" + server.getAddress().getPort()
                + "', headers: {Authorization: {secret: 'GRAFANA'}}}")
                .secret("GRAFANA", "Basic YWRtaW46YWRtaW4xMjM=")
                .counting(this::lines)
                .closing(this);
    }

    /** A dashboard that someone has made. */
    synchronized GrafanaApi with(String dashboard, String folder) {
        store((ObjectNode) Json.read(dashboard, JsonNode.class), folder);
        return this;
    }

    synchronized int posts() {
        return posts;
    }

    synchronized ObjectNode dashboard(String uid) {
        return dashboards.get(uid);
    }

    /** What counts: not the versions, which only grow. */
    private synchronized List<String> lines() {
        List<String> lines = new ArrayList<>();
        dashboards.forEach((uid, dashboard) -> {
            ObjectNode shown = dashboard.deepCopy();
            shown.remove(List.of("id", "version"));
            Map<String, JsonNode> fields = new TreeMap<>();
            shown.properties().forEach(field -> fields.put(field.getKey(), field.getValue()));
            lines.add("dashboard " + uid + " in '" + folders.get(uid) + "' " + fields);
        });
        return lines;
    }

    private void store(ObjectNode dashboard, String folder) {
        String uid = dashboard.path("uid").asText();
        ObjectNode before = dashboards.get(uid);
        dashboard.put("id", before == null ? dashboards.size() + 1 : before.path("id").asInt());
        dashboard.put("version", before == null ? 1 : before.path("version").asInt() + 1);
        dashboards.put(uid, dashboard);
        folders.put(uid, folder);
    }

    private synchronized void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath().substring("/api/dashboards/".length());
            String uid = path.replaceFirst("^uid/", "");
            String request = exchange.getRequestMethod() + " " + (path.equals("db") ? "db" : "uid");
            if (!"Basic YWRtaW46YWRtaW4xMjM=".equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                say(exchange, 401, "Invalid username or password", "");
            } else if (request.equals("POST db")) {
                post(exchange, Json.read(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8),
                        JsonNode.class));
            } else if (!dashboards.containsKey(uid)) {
                say(exchange, 404, "Dashboard not found", "");
            } else if (request.equals("GET uid")) {
                ObjectNode found = JsonNodeFactory.instance.objectNode();
                found.set("dashboard", dashboards.get(uid));
                found.putObject("meta").put("folderUid", folders.get(uid)).put("slug", "x");
                Answering.send(exchange, 200, Json.write(found));
            } else if (request.equals("DELETE uid")) {
                dashboards.remove(uid);
                say(exchange, 200, "Dashboard deleted", "");
            } else {
                say(exchange, 404, "Not found", "");
            }
        }
    }

    private void post(HttpExchange exchange, JsonNode body) throws IOException {
        posts++;
        JsonNode dashboard = body.path("dashboard");
        List<String> unknown = new ArrayList<>();
        body.fieldNames().forEachRemaining(unknown::add);
        unknown.removeAll(DOCUMENTED);
        boolean right = unknown.isEmpty() && dashboard.isObject() && dashboard.path("id").isNull()
                && dashboard.path("uid").asText().matches("[A-Za-z0-9_-]{1,40}") && body.path("overwrite").isBoolean()
                && (!body.has("folderUid") || body.path("folderUid").isTextual())
                && (!body.has("message") || body.path("message").isTextual());
        if (!right) {
            say(exchange, 400, "bad request data " + unknown, "");
        } else if (dashboard.path("title").asText().isBlank()) {
            say(exchange, 400, "Dashboard title cannot be empty", "empty-name");
        } else if (body.path("folderUid").asText().equals("nowhere")) {
            say(exchange, 400, "folder not found", "not-found");
        } else if (dashboard.path("title").asText().equals("Provisioned")) {
            say(exchange, 412, "Cannot save provisioned dashboard", "plugin-dashboard");
        } else {
            store(dashboard.deepCopy(), body.path("folderUid").asText(""));
            say(exchange, 200, "", "success");
        }
    }

    private static void say(HttpExchange exchange, int status, String message, String word) throws IOException {
        ObjectNode answer = JsonNodeFactory.instance.objectNode().put("message", message);
        Answering.send(exchange, status, Json.write(word.isEmpty() ? answer : answer.put("status", word)));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
