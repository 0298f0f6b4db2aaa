package dev.godwit.activities.resource;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** A service that answers HTTP requests: what a run may ask of it. */
public interface WritableHttpService extends HttpService {
    /**
     * Sends a request of any method; see {@link HttpService#get}.
     *
     * @param body sent as JSON
     */
    default Answer send(String method, String path, Optional<JsonNode> body, Content content, Duration within,
            Runnable whileWaiting) throws IOException {
        return send(method, path, Map.of(), body, content, within, whileWaiting);
    }

    /**
     * Sends a request with headers of its own, which go before the resource's; see {@link HttpService#get}.
     *
     * @param body sent as JSON
     */
    Answer send(String method, String path, Map<String, String> headers, Optional<JsonNode> body, Content content,
            Duration within, Runnable whileWaiting) throws IOException;
}
