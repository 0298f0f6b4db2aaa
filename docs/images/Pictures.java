import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Takes pictures of Temporal's web interface with a headless Chromium, as {@code take-screenshots} says on standard input: a
 * line for each, {@code FILE<tab>PATH<tab>TEXT<tab>CLICKS}. A picture is taken when the page at the path shows the text;
 * before that, what has the labels in CLICKS, separated by {@code |}, is clicked one after the other.
 *
 * <pre>
 * java Pictures.java CHROMIUM PROFILE UI DIRECTORY
 * </pre>
 */
public final class Pictures {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int WIDTH = 1600;
    /** The columns of the list, as someone would choose them in the interface. */
    private static final List<String> COLUMNS = List.of("Status", "Workflow ID", "GodwitState", "GodwitPhase",
            "GodwitMode", "GodwitPlan", "Start");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newHttpClient();
    private final BlockingQueue<JsonNode> answers = new LinkedBlockingQueue<>();
    private WebSocket browser;
    private int asked;

    public static void main(String[] arguments) throws Exception {
        String ui = arguments[2];
        Path directory = Path.of(arguments[3]);
        Process chromium = chromium(arguments[0], Path.of(arguments[1]));
        try {
            Pictures pictures = new Pictures();
            pictures.connect(Path.of(arguments[1]));
            for (String line : new String(System.in.readAllBytes()).lines().toList()) {
                String[] picture = line.split("\t", -1);
                pictures.resize(Integer.parseInt(picture[1]));
                pictures.take(directory.resolve(picture[0]), ui + picture[2], picture[3],
                        picture[4].isEmpty() ? List.of() : List.of(picture[4].split("\\|")));
                System.err.println(picture[0]);
            }
        } finally {
            chromium.destroy();
            if (!chromium.waitFor(10, TimeUnit.SECONDS)) {
                chromium.destroyForcibly().waitFor();
            }
        }
    }

    private static Process chromium(String executable, Path profile) throws IOException {
        return new ProcessBuilder(executable, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--hide-scrollbars", "--user-data-dir=" + profile, "--remote-debugging-port=0", "about:blank")
                .redirectErrorStream(true)
                .redirectOutput(profile.resolveSibling("chromium.log").toFile())
                .start();
    }

    private void connect(Path profile) throws Exception {
        Path ready = profile.resolve("DevToolsActivePort");
        until("Chromium answers", () -> Files.exists(ready) && Files.readAllLines(ready).size() > 1);
        String port = Files.readAllLines(ready).get(0);
        JsonNode page = JSON.readTree(http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json/new?about:blank"))
                        .PUT(HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString()).body());
        browser = http.newWebSocketBuilder()
                .buildAsync(URI.create(page.get("webSocketDebuggerUrl").textValue()), new Listener())
                .join();
        ask("Page.enable", JSON.createObjectNode());
        ask("Emulation.setTimezoneOverride", JSON.createObjectNode().put("timezoneId", "UTC"));
        ObjectNode columns = JSON.createObjectNode();
        COLUMNS.forEach(column -> columns.withArray("default").addObject().put("label", column));
        ask("Page.addScriptToEvaluateOnNewDocument", JSON.createObjectNode()
                .put("source", "if (location.protocol === 'http:') localStorage.setItem("
                        + "'namespace-workflow-table-columns', " + JSON.writeValueAsString(columns.toString()) + ")"));
    }

    private void resize(int height) throws Exception {
        ask("Emulation.setDeviceMetricsOverride", JSON.createObjectNode()
                .put("width", WIDTH)
                .put("height", height)
                .put("deviceScaleFactor", 1)
                .put("mobile", false));
    }

    private void take(Path file, String address, String text, List<String> clicks) throws Exception {
        ask("Page.navigate", JSON.createObjectNode().put("url", address));
        for (String label : clicks) {
            until(address + " has something to click with the label '" + label + "'", () -> is("""
                    (label => {
                        const hit = [...document.querySelectorAll('button, a, [role=menuitem], summary')]
                            .filter(e => e.offsetParent !== null)
                            .find(e => (e.innerText.trim() || e.getAttribute('aria-label')) === label);
                        hit?.click();
                        return hit !== undefined;
                    })(%s)""".formatted(JSON.writeValueAsString(label))));
        }
        until(address + " shows '" + text + "'", () -> shows(text));
        String settled = """
                document.readyState === 'complete' && document.fonts.status === 'loaded'
                    && ![...document.querySelectorAll('*')].some(e => e.getAnimations().some(a =>
                        a.playState === 'running' && a.effect.getTiming().iterations !== Infinity))""";
        until(address + " has come to rest", () -> is(settled));
        byte[] png = Base64.getDecoder()
                .decode(ask("Page.captureScreenshot", JSON.createObjectNode().put("format", "png")).get("data")
                        .textValue());
        Files.write(file, png);
    }

    /** In the page, or in a frame of it: Markdown is shown in one. */
    private boolean shows(String text) throws Exception {
        String script = "document.body?.innerText.includes(" + JSON.writeValueAsString(text) + ")";
        if (is(script)) {
            return true;
        }
        try {
            return frameShows(script);
        } catch (Refused e) {
            return false; // A frame went while it was asked; the page makes another.
        }
    }

    private boolean frameShows(String script) throws Exception {
        for (JsonNode frame : ask("Page.getFrameTree", JSON.createObjectNode()).at("/frameTree/childFrames")) {
            int world = ask("Page.createIsolatedWorld",
                    JSON.createObjectNode().put("frameId", frame.at("/frame/id").textValue()))
                    .get("executionContextId")
                    .asInt();
            if (ask("Runtime.evaluate", JSON.createObjectNode()
                    .put("expression", script)
                    .put("contextId", world)
                    .put("returnByValue", true)).at("/result/value").asBoolean()) {
                return true;
            }
        }
        return false;
    }

    private boolean is(String script) throws Exception {
        return evaluate(script).asBoolean();
    }

    private JsonNode evaluate(String script) throws Exception {
        return ask("Runtime.evaluate",
                JSON.createObjectNode().put("expression", script).put("returnByValue", true)).at("/result/value");
    }

    private JsonNode ask(String method, ObjectNode parameters) throws Exception {
        int id = ++asked;
        ObjectNode question = JSON.createObjectNode().put("id", id).put("method", method);
        question.set("params", parameters);
        browser.sendText(question.toString(), true).join();
        while (true) {
            JsonNode answer = answers.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (answer == null) {
                throw new IllegalStateException("Chromium does not answer to " + method);
            }
            if (answer.path("id").asInt() == id) {
                if (answer.has("error")) {
                    throw new Refused(method + ": " + answer.get("error"));
                }
                return answer.get("result");
            }
        }
    }

    private void until(String what, Condition condition) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("not within " + PATIENCE.toSeconds() + " s: " + what + "; it shows: "
                        + (browser == null ? "nothing" : evaluate("document.body.innerText").asText()));
            }
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }

    /** Chromium cannot do what it is asked. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String why) {
            super(why);
        }
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                try {
                    answers.add(JSON.readTree(text.toString()));
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }
    }
}
