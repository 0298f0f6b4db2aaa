package dev.godwit.activities.monitor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.activities.resource.HttpKind;
import dev.godwit.activities.resource.HttpService;
import dev.godwit.activities.resource.HttpService.Answer;
import dev.godwit.activities.resource.HttpService.Content;
import dev.godwit.activities.resource.WritableHttpService;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.util.Optional;

/** The dashboards of a Grafana, by its HTTP API. */
final class GrafanaDashboards {
    private final MonitorDashboards.Spec spec;
    private final HttpService grafana;
    private final PreviewContext context;

    GrafanaDashboards(MonitorDashboards.Spec spec, PreviewContext context) throws Exception {
        this.spec = spec;
        this.grafana = context.reading(HttpKind.class, spec.grafana());
        this.context = context;
    }

    /**
     * A dashboard that is there.
     *
     * @param dashboard its model, without what only this Grafana knows of it
     * @param folder the uid of its folder; empty for the topmost
     */
    record Stored(ObjectNode dashboard, Optional<String> folder) {
        boolean has(JsonNode model) {
            return dashboard.equals(model);
        }

        boolean same(Stored other) {
            return equals(other);
        }
    }

    /** The dashboard of a uid. */
    Optional<Stored> find(String uid) throws IOException {
        Answer answer = asked(() -> grafana.get("/api/dashboards/uid/" + uid, Content.KEPT, spec.within(),
                context::checkpoint));
        if (answer.status() == 404) {
            return Optional.empty();
        }
        requireDone(answer, "GET /api/dashboards/uid/" + uid);
        JsonNode json = json(answer);
        String folder = json.path("meta").path("folderUid").asText("");
        return Optional.of(new Stored(DashboardFile.portable(json.path("dashboard")),
                folder.isEmpty() ? Optional.empty() : Optional.of(folder)));
    }

    /** Makes a dashboard, or the newest version of one that is there. */
    void save(JsonNode dashboard, Optional<String> folder, RunContext run) throws Exception {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        ObjectNode model = dashboard.deepCopy();
        body.set("dashboard", model.putNull("id"));
        folder.ifPresent(uid -> body.put("folderUid", uid));
        body.put("message", "Godwit, run " + context.identity().runId() + ", step " + context.identity().step());
        body.put("overwrite", true);
        requireDone(send("POST", "/api/dashboards/db", Optional.of(body), run),
                "POST /api/dashboards/db");
    }

    /** Deletes a dashboard, unless it is gone. */
    void delete(String uid, RunContext run) throws Exception {
        Answer answer = send("DELETE", "/api/dashboards/uid/" + uid, Optional.empty(), run);
        if (answer.status() != 404) {
            requireDone(answer, "DELETE /api/dashboards/uid/" + uid);
        }
    }

    private Answer send(String method, String path, Optional<JsonNode> body, RunContext run) throws Exception {
        WritableHttpService writable = run.writing(HttpKind.class, spec.grafana());
        run.journal().checkToken();
        return asked(() -> writable.send(method, path, body, Content.KEPT, spec.within(), run::checkpoint));
    }

    /** A request. */
    @FunctionalInterface
    private interface Request {
        Answer answer() throws IOException;
    }

    private Answer asked(Request request) throws IOException {
        try {
            return request.answer();
        } catch (IOException e) {
            throw StepFailure.external("grafana-unreachable",
                    "monitor.dashboards: " + spec.grafana() + " does not answer: " + e.getMessage()).causedBy(e);
        }
    }

    private void requireDone(Answer answer, String request) {
        String message = "monitor.dashboards: " + spec.grafana() + " answers " + request + " with status "
                + answer.status() + ": " + reason(answer);
        switch (answer.status()) {
            case 200 -> {
                // Done.
            }
            case 401, 403 -> throw StepFailure.user("grafana-forbidden",
                    message + "; give the resource an Authorization header of someone who may");
            case 400, 404, 409, 412, 422 -> throw StepFailure.user("dashboard-refused", message);
            default -> throw StepFailure.external("grafana-unreachable", message);
        }
    }

    private String reason(Answer answer) {
        try {
            JsonNode json = answer.json();
            return grafana.endpoint()
                    .excerpt(json.path("message").asText()
                            + (json.has("status") ? " (" + json.path("status").asText() + ")" : ""));
        } catch (IllegalArgumentException e) {
            return grafana.endpoint().excerpt(answer.text());
        }
    }

    private JsonNode json(Answer answer) {
        try {
            return answer.json();
        } catch (IllegalArgumentException e) {
            throw StepFailure.external("grafana-unreachable", "monitor.dashboards: " + spec.grafana()
                    + " does not answer as a Grafana does: " + e.getMessage());
        }
    }
}
