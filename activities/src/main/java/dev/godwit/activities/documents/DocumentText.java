package dev.godwit.activities.documents;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import dev.godwit.json.Json;
import java.util.Arrays;

/** Writes documents, always the same bytes for the same value. */
final class DocumentText {
    private final ObjectWriter writer;

    /** @param indent spaces a level; 0 for all in one line */
    DocumentText(int indent) {
        // Without this, every character beyond 16 bits would be an escape; half of one (a lone surrogate) still is.
        ObjectWriter utf8 = Json.mapper().writer().with(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8);
        this.writer = indent == 0
                ? utf8.with(new MinimalPrettyPrinter())
                : utf8.with(new DefaultPrettyPrinter(Separators.createDefaultInstance()
                        .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                        .withObjectEmptySeparator("")
                        .withArrayEmptySeparator(""))
                        .withObjectIndenter(new DefaultIndenter(" ".repeat(indent), "\n"))
                        .withArrayIndenter(new DefaultIndenter(" ".repeat(indent), "\n")));
    }

    byte[] bytes(JsonNode document) {
        try {
            byte[] text = writer.writeValueAsBytes(document);
            byte[] line = Arrays.copyOf(text, text.length + 1);
            line[text.length] = '\n';
            return line;
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e.getOriginalMessage(), e);
        }
    }
}
