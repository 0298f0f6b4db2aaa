package dev.godwit.workflow;

import dev.godwit.json.Json;
import dev.godwit.run.Message;
import io.temporal.common.converter.RawValue;
import java.util.Optional;

/** Reads what comes with a message. */
final class Messages {
    private Messages() {}

    /**
     * Reads a message's JSON; nothing at all is a message too.
     *
     * @throws IllegalArgumentException if it is not a JSON object of the message's shape; a field that nobody would heed
     *         is refused, for a rollback that was meant to keep something must not take back everything
     */
    static Message read(RawValue raw) {
        String text = raw == null ? "" : raw.getPayload().getData().toStringUtf8();
        if (text.isBlank() || text.equals("null")) {
            return new Message("", "", Optional.empty());
        }
        try {
            return Json.readExactly(text, Message.class);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "the message is not JSON such as {\"by\": \"ann\", \"reason\": \"V2 is slow\", \"scope\": {\"to\": \"backup\"}}: "
                            + e.getMessage(),
                    e);
        }
    }
}
