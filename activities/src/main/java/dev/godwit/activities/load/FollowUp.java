package dev.godwit.activities.load;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Json;
import dev.godwit.step.Default;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a virtual user asks with GET as soon as it has a good answer, with a value from that.
 *
 * @param name by which the output names it; method and path by default
 * @param path of the request, in which {@code {FIELD}} is a field of the answer's JSON, such as
 *     {@code /status/{request_id}}; an answer without it is not followed
 * @param headers of this request; they go before the resource's
 * @param status the statuses that are good; every 2xx by default
 */
public record FollowUp(Optional<String> name, String path, @Default("{}") Map<String, String> headers,
        @Default("[]") List<Integer> status) {

    private static final Pattern FIELD = Pattern.compile("\\{([A-Za-z_][A-Za-z0-9_.-]*)}");
    /** Only so much of an answer is read for it. */
    static final int MOST_BYTES = 1 << 16;

    public FollowUp {
        if (!FIELD.matcher(path).find()) {
            throw new IllegalArgumentException("the path '" + path
                    + "' takes nothing from the answer; name a field of it, as in /status/{request_id}");
        }
    }

    /** The request as any other, its fields still in braces. */
    LoadRequest request() {
        return new LoadRequest(Optional.of(name.orElse("GET " + path)), 1, "GET", FIELD.matcher(path).replaceAll("-"),
                headers, Optional.empty(), status, Optional.empty());
    }

    /** The path for an answer; empty if it does not have the fields. */
    Optional<String> path(byte[] answer) {
        JsonNode json;
        try {
            json = Json.read(new String(answer, StandardCharsets.UTF_8), JsonNode.class);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        StringBuilder filled = new StringBuilder();
        Matcher field = FIELD.matcher(path);
        while (field.find()) {
            JsonNode value = json.at("/" + field.group(1).replace('.', '/'));
            if (!value.isValueNode() || value.isNull()) {
                return Optional.empty();
            }
            String text = URLEncoder.encode(value.asText(), StandardCharsets.UTF_8).replace("+", "%20");
            field.appendReplacement(filled, Matcher.quoteReplacement(text));
        }
        return Optional.of(field.appendTail(filled).toString());
    }
}
