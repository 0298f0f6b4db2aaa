package dev.godwit.activities.resource;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Json;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A service that answers HTTP requests: what a preview may ask of it. */
public interface HttpService {
    /** The address of a path below this location; a leading slash makes no difference. */
    URI uri(String path);

    /** The port that it listens on. */
    default int port() {
        URI uri = uri("");
        return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equals("https") ? 443 : 80;
    }

    /**
     * Asks with GET.
     *
     * @param content what happens to the content of the answer
     * @param within how long all of it may take, connecting included
     * @param whileWaiting called a few times a second; what it throws ends the request
     * @throws IOException if no whole answer came, with a message for people
     */
    Answer get(String path, Content content, Duration within, Runnable whileWaiting) throws IOException;

    /** Where it is, for a client of another kind. */
    HttpEndpoint endpoint();

    /** What happens to the content of an answer. */
    enum Content {
        /** It is not waited for, so that an endless stream is an answer too. */
        IGNORED,
        /** It is read to its end and kept. */
        KEPT
    }

    /**
     * An answer.
     *
     * @param status such as 200
     * @param headers of the answer, a name several times where it stands there so
     * @param content empty if it was ignored
     * @param took from the begin of the request to the end of the answer
     */
    record Answer(int status, Map<String, List<String>> headers, byte[] content, Duration took) {
        /** What stands in a header, whatever the case of its name; several are joined by a comma. */
        public Optional<String> header(String name) {
            return headers.entrySet()
                    .stream()
                    .filter(header -> header.getKey().equalsIgnoreCase(name))
                    .findFirst()
                    .map(header -> String.join(", ", header.getValue()));
        }

        /** The content as text. */
        public String text() {
            return new String(content, StandardCharsets.UTF_8);
        }

        /**
         * The content as JSON.
         *
         * @throws IllegalArgumentException if it is not JSON
         */
        public JsonNode json() {
            return Json.read(text(), JsonNode.class);
        }

        /** The time it took in milliseconds, to the microsecond. */
        public double millis() {
            return Math.round(took.toNanos() / 1e3) / 1e3;
        }
    }
}
