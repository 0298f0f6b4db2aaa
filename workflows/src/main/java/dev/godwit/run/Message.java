package dev.godwit.run;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.node.NullNode;
import java.io.IOException;
import java.util.Optional;

/**
 * What may come with every message to a run; all of it may be left out.
 *
 * @param by who sends it
 * @param reason why
 * @param scope for {@code rollback}: what to undo
 * @param preview for {@code rollback}: only to say what would be undone and what could be lost
 * @param gate for {@code approve}, {@code reject} and {@code finalize}: the phase that is meant
 * @param step for {@code retry}, {@code skip} and {@code throttle}: the step that is meant
 * @param rate for {@code throttle}: units of the step's own progress a second, or null where none is wanted any more
 */
public record Message(String by, String reason, Optional<RollbackScope> scope, boolean preview, Optional<String> gate,
        Optional<String> step, @JsonDeserialize(using = Rate.class) Optional<JsonNode> rate) {

    /** Nothing but the verb. */
    public static final Message NONE = of("", "");

    public Message {
        by = by == null ? "" : by;
        reason = reason == null ? "" : reason;
        scope = scope == null ? Optional.empty() : scope;
        gate = gate == null ? Optional.empty() : gate;
        step = step == null ? Optional.empty() : step;
        rate = rate == null ? Optional.empty() : rate;
    }

    /** One without a rate, as are all but {@code throttle}. */
    public Message(String by, String reason, Optional<RollbackScope> scope, boolean preview, Optional<String> gate,
            Optional<String> step) {
        this(by, reason, scope, preview, gate, step, Optional.empty());
    }

    /** One that says only who sends it and why. */
    public static Message of(String by, String reason) {
        return new Message(by, reason, Optional.empty(), false, Optional.empty(), Optional.empty());
    }

    /** One that names a phase that waits. */
    public static Message ofGate(String phase) {
        return new Message("", "", Optional.empty(), false, Optional.of(phase), Optional.empty());
    }

    /** One that names a step that waits. */
    public static Message ofStep(String step) {
        return new Message("", "", Optional.empty(), false, Optional.empty(), Optional.of(step));
    }

    /** Tells a rate of null, which lifts one, from none at all, which is a mistake. */
    static final class Rate extends JsonDeserializer<Optional<JsonNode>> {
        @Override
        public Optional<JsonNode> deserialize(JsonParser json, DeserializationContext context) throws IOException {
            return Optional.of(context.readTree(json));
        }

        @Override
        public Optional<JsonNode> getNullValue(DeserializationContext context) {
            return Optional.of(NullNode.instance);
        }

        @Override
        public Optional<JsonNode> getAbsentValue(DeserializationContext context) {
            return Optional.empty();
        }
    }
}
