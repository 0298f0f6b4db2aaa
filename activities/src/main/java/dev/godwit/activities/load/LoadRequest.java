package dev.godwit.activities.load;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.step.Default;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One of the requests that virtual users make.
 *
 * @param name by which the output names it; method and path by default
 * @param weight how often it is made, beside the others: with 3 and 1, three of four are the first
 * @param method of the request
 * @param path of the request, with its query
 * @param headers of this request; they go before the resource's
 * @param body sent as JSON
 * @param status the statuses that are good; every 2xx by default
 * @param then what a user asks with a value from a good answer, before anything else
 */
public record LoadRequest(Optional<String> name, @Default("1") int weight, @Default("GET") String method,
        @Default("") String path, @Default("{}") Map<String, String> headers, Optional<JsonNode> body,
        @Default("[]") List<Integer> status, Optional<FollowUp> then) {

    private static final int MOST = 20;

    public LoadRequest {
        if (weight < 1 || weight > 10_000) {
            throw new IllegalArgumentException("weight must be from 1 to 10000, and is " + weight);
        }
        if (!method.matches("[A-Z]{1,20}") || method.equals("CONNECT")) {
            throw new IllegalArgumentException("'" + method + "' is not a method; write GET, POST or another one");
        }
    }

    /** Refuses a list that is empty, too long, or in which two have the same name. */
    public static void check(List<LoadRequest> requests) {
        if (requests.isEmpty() || requests.size() > MOST) {
            throw new IllegalArgumentException(
                    "requests must hold 1 to " + MOST + " requests, and holds " + requests.size());
        }
        List<String> titles = Stream.concat(requests.stream(), followUps(requests)).map(LoadRequest::title).toList();
        titles.stream()
                .filter(title -> titles.indexOf(title) != titles.lastIndexOf(title))
                .findFirst()
                .ifPresent(
                        twice -> {
                            throw new IllegalArgumentException(
                                    "two requests are called '" + twice + "'; give them a name");
                        });
    }

    /** What users ask because of the answers to these. */
    static Stream<LoadRequest> followUps(List<LoadRequest> requests) {
        return requests.stream().flatMap(request -> request.then().stream()).map(FollowUp::request);
    }

    /** What it is called. */
    public String title() {
        return name.orElseGet(() -> method + " " + path);
    }

    boolean good(int answered) {
        return status.isEmpty() ? answered / 100 == 2 : status.contains(answered);
    }

    /** Whether a client may send it again when its connection was closed under it (RFC 9110, 9.2.2). */
    boolean repeatable() {
        return method.equals("GET") || method.equals("HEAD") || method.equals("OPTIONS");
    }
}
