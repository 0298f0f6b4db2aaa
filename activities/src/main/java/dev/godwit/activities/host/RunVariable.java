package dev.godwit.activities.host;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Json;
import dev.godwit.step.PreviewContext;
import java.time.temporal.ChronoUnit;

/** What jq over data sees of its run as {@code $run}: {@code started} and {@code id}, the same in every attempt. */
public final class RunVariable {
    private RunVariable() {}

    public static JsonNode of(PreviewContext context) {
        return Json.mapper()
                .createObjectNode()
                // In whole seconds: always of one length, and in the form that jq's fromdateiso8601 reads.
                .put("started", context.runStarted().truncatedTo(ChronoUnit.SECONDS).toString())
                .put("id", context.identity().runId());
    }
}
