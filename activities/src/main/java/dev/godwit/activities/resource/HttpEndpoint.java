package dev.godwit.activities.resource;

import dev.godwit.step.StepFailure;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/** Where an HTTP service is and what every request to it carries. It may hold secrets, and shows none of them. */
public final class HttpEndpoint {
    private final String shown;
    private final String base;
    private final Map<String, String> headers;
    private final Duration connect;

    /**
     * @param shown the address for people, without secrets
     * @param base the address
     * @param headers of every request
     * @param connect how long connecting may take
     */
    HttpEndpoint(String shown, String base, Map<String, String> headers, Duration connect) {
        this.shown = shown.replaceAll("/+$", "");
        this.base = base.replaceAll("/+$", "");
        this.headers = Map.copyOf(headers);
        this.connect = connect;
    }

    /** The address of a path; a leading slash makes no difference. It may hold a secret. */
    public URI uri(String path) {
        return uri(base, path);
    }

    /** The address of a path for people. */
    public URI shown(String path) {
        return uri(shown, path);
    }

    /** What every request carries; values may be secrets. */
    public Map<String, String> headers() {
        return headers;
    }

    /** How long connecting may take. */
    public Duration connect() {
        return connect;
    }

    /** A text with the address as people may see it. */
    String withoutSecrets(String text) {
        return text.replace(base, shown);
    }

    @Override
    public String toString() {
        return shown;
    }

    private URI uri(String start, String path) {
        String text = start + (path.isEmpty() || path.startsWith("?") ? "" : "/") + path.replaceAll("^/+", "");
        try {
            return URI.create(text);
        } catch (IllegalArgumentException e) {
            String address = shown + "/" + path;
            throw StepFailure.user("http-path", "'" + address + "' is not an address"
                    + (shown.equals(base) ? " (" + e.getMessage() + ")" : "")
                    + "; write the path as it appears in a URL, with %20 for a space");
        }
    }
}
