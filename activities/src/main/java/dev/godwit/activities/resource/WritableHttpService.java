package dev.godwit.activities.resource;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** A service that answers HTTP requests: what a run may ask of it. */
public interface WritableHttpService extends HttpService {
    /**
     * Sends a request of any method; see {@link HttpService#get}.
     *
     * @param body sent as JSON
     */
    Answer send(String method, String path, Optional<JsonNode> body, Content content, Duration within,
            Runnable whileWaiting) throws IOException;
}
