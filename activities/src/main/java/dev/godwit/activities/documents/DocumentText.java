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
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Writes documents, always the same bytes for the same value. */
final class DocumentText {
    private final ObjectWriter writer;

    /** @param indent spaces a level; 0 for all in one line */
    DocumentText(int indent) {
        this.writer = indent == 0
                ? Json.mapper().writer(new MinimalPrettyPrinter())
                : Json.mapper()
                        .writer(new DefaultPrettyPrinter(Separators.createDefaultInstance()
                                .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                                .withObjectEmptySeparator("")
                                .withArrayEmptySeparator(""))
                                .withObjectIndenter(new DefaultIndenter(" ".repeat(indent), "\n"))
                                .withArrayIndenter(new DefaultIndenter(" ".repeat(indent), "\n")));
    }

    byte[] bytes(JsonNode document) {
        try {
            return encoded(writer.writeValueAsString(document));
        } catch (CharacterCodingException e) {
            // Half a character (a lone surrogate) has no UTF-8, but an escape.
            return escaped(document);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e.getOriginalMessage(), e);
        }
    }

    private byte[] escaped(JsonNode document) {
        try {
            return encoded(writer.with(JsonWriteFeature.ESCAPE_NON_ASCII).writeValueAsString(document));
        } catch (CharacterCodingException | JsonProcessingException e) {
            throw new IllegalStateException("ASCII cannot be encoded", e);
        }
    }

    private static byte[] encoded(String text) throws CharacterCodingException {
        ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text + "\n"));
        byte[] bytes = new byte[encoded.remaining()];
        encoded.get(bytes);
        return bytes;
    }
}
