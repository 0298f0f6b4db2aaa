package dev.godwit.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a command told.
 *
 * @param exit its exit code
 * @param out its standard output
 * @param err its standard error
 */
record Answer(int exit, String out, String err) {
    /** The one document on standard output. */
    JsonNode json() {
        try {
            return new ObjectMapper().readTree(out);
        } catch (IOException e) {
            throw new UncheckedIOException("no JSON: " + out + "\n" + err, e);
        }
    }

    /** A step of the report that {@code --output json} gives. */
    JsonNode step(String name) {
        for (JsonNode phase : json().get("phases")) {
            for (JsonNode step : phase.get("steps")) {
                if (step.get("name").asText().equals(name)) {
                    return step;
                }
            }
        }
        throw new AssertionError("the report has no step " + name);
    }

    /** The requirements that steps of that report have answered. */
    Set<String> covered() {
        Set<String> covered = new TreeSet<>();
        for (JsonNode phase : json().get("phases")) {
            for (JsonNode step : phase.get("steps")) {
                if (step.get("state").asText().equals("completed")) {
                    step.get("covers").forEach(requirement -> covered.add(requirement.asText()));
                }
            }
        }
        return covered;
    }

    /** The state of a phase of that report. */
    String phase(String name) {
        for (JsonNode phase : json().get("phases")) {
            if (phase.get("name").asText().equals(name)) {
                return phase.get("state").asText();
            }
        }
        throw new AssertionError("the report has no phase " + name);
    }
}
