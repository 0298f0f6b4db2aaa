package dev.godwit.activities.resource;

import dev.godwit.step.StepFailure;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Where an HTTP service is and what every request to it carries. It may hold secrets, and shows none of them. */
public final class HttpEndpoint {
    private static final String HIDDEN = "***";
    private static final int LONGEST_EXCERPT = 200;
    /** A shorter part of a secret is in many a text by chance. */
    private static final int TELLTALE_LENGTH = 8;

    private final String shown;
    private final String base;
    private final Map<String, String> headers;
    private final List<String> secrets;
    private final Duration connect;

    /**
     * @param shown the address for people, without secrets
     * @param base the address
     * @param headers of every request
     * @param secrets which of all that are secrets
     * @param connect how long connecting may take
     */
    HttpEndpoint(String shown, String base, Map<String, String> headers, Collection<String> secrets,
            Duration connect) {
        this.shown = shown.replaceAll("/+$", "");
        this.base = base.replaceAll("/+$", "");
        this.headers = Map.copyOf(headers);
        this.secrets = secrets.stream()
                .flatMap(HttpEndpoint::telltales)
                .distinct()
                .sorted(Comparator.comparing(String::length).reversed())
                .toList();
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

    /**
     * What a service answers in so far as a message quotes it: the first line, not too long. Some name the path that they
     * do not know, or the token that they do not accept.
     */
    public String excerpt(String answer) {
        String line = withoutSecrets(answer).lines().findFirst().orElse("(nothing)");
        return line.length() <= LONGEST_EXCERPT ? line : line.substring(0, LONGEST_EXCERPT) + "...";
    }

    /** A text with the address as people may see it. */
    String withoutSecrets(String text) {
        String hidden = text.replace(base, shown);
        for (String secret : secrets) {
            hidden = hidden.replace(secret, HIDDEN);
        }
        return hidden;
    }

    /** A secret as it may stand in a text: whole, as JSON may have it, and the parts of a path or of an authorization. */
    private static Stream<String> telltales(String secret) {
        Stream<String> parts = Stream.of(secret.split("[\\s/]+")).filter(part -> part.length() >= TELLTALE_LENGTH);
        return Stream.concat(Stream.of(secret, secret.replace("/", "\\/")), parts).filter(text -> !text.isEmpty());
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
