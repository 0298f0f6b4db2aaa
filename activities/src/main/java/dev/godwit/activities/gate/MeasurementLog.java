package dev.godwit.activities.gate;

import dev.godwit.json.Json;
import dev.godwit.step.RunContext;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Journalled measurements on their way into the evidence. */
public final class MeasurementLog {
    private MeasurementLog() {}

    /**
     * Copies a log of the journal to a file of the evidence, a line for each entry.
     *
     * @param log the journal's
     * @param entries what it holds
     * @param name of the file, without its {@code .jsonl}
     */
    public static void keep(String log, Class<?> entries, String name, RunContext context) throws IOException {
        try (OutputStream out = context.evidence().open(name + ".jsonl")) {
            context.journal().scan(log, entries, entry -> {
                try {
                    out.write((Json.write(entry) + "\n").getBytes(StandardCharsets.UTF_8));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
