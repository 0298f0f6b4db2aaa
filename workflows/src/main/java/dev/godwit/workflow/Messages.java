package dev.godwit.workflow;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Json;
import dev.godwit.run.Message;
import dev.godwit.run.RunRequest;
import io.temporal.common.converter.RawValue;

/** Reads what comes with a message, and with the start of a run. */
final class Messages {
    private static final String NO_REQUEST = "the run's input is not JSON such as {\"plan\": \"license-plate-v2\","
            + " \"parameters\": {\"home\": \"/srv/v1\"}, \"mode\": \"dry-run\"}";

    /** What comes with a message is shown, recorded and told on. */
    private static final int LONGEST_MESSAGE = 4_000;

    private Messages() {}

    /**
     * Reads a message's JSON; nothing at all is a message too.
     *
     * @throws IllegalArgumentException if it is not a JSON object of the message's shape; a field that nobody would heed
     *         is refused, for a rollback that was meant to keep something must not take back everything
     */
    static Message read(RawValue raw) {
        String text = text(raw);
        if (text.isBlank() || text.equals("null")) {
            return Message.NONE;
        }
        if (text.length() > LONGEST_MESSAGE) {
            throw new IllegalArgumentException("the message has " + text.length() + " characters; "
                    + LONGEST_MESSAGE + " at most are taken");
        }
        try {
            if (!Json.read(text, JsonNode.class).isObject()) {
                throw new IllegalArgumentException("it is no object, which begins with { and ends with }");
            }
            return Json.readExactly(text, Message.class);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "the message is not JSON such as {\"by\": \"ann\", \"reason\": \"V2 is slow\", \"scope\": {\"to\": \"backup\"}}: "
                            + e.getMessage(),
                    e);
        }
    }

    /**
     * Reads what a run is to do.
     *
     * @throws IllegalArgumentException if it is not a JSON object of the request's shape
     */
    static RunRequest request(RawValue raw) {
        String text = text(raw);
        try {
            RunRequest request = text.isBlank() ? null : Json.readExactly(text, RunRequest.class);
            if (request != null) {
                return request;
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(NO_REQUEST + ": " + e.getMessage(), e);
        }
        throw new IllegalArgumentException(NO_REQUEST + ": there is none");
    }

    private static String text(RawValue raw) {
        return raw == null ? "" : raw.getPayload().getData().toStringUtf8();
    }
}
