package dev.godwit.activities.config;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/**
 * The text of a file, and what it takes to write it again so that every character that stays has the bytes that it had.
 *
 * @param text without the byte order mark
 * @param charset UTF-8, or ISO 8859-1 where the bytes are not that: it gives every byte a character and back
 * @param marked whether the file begins with UTF-8's byte order mark
 */
record TextFile(String text, Charset charset, boolean marked) {

    private static final char MARK = '\ufeff';

    static TextFile of(byte[] content) {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
            boolean marked = !text.isEmpty() && text.charAt(0) == MARK;
            return new TextFile(marked ? text.substring(1) : text, StandardCharsets.UTF_8, marked);
        } catch (CharacterCodingException e) {
            return new TextFile(new String(content, StandardCharsets.ISO_8859_1), StandardCharsets.ISO_8859_1, false);
        }
    }

    boolean isUtf8() {
        return charset.equals(StandardCharsets.UTF_8);
    }

    String newline() {
        return text.contains("\r\n") ? "\r\n" : "\n";
    }

    /** The file's bytes with another text. */
    byte[] with(String newText) {
        if (!charset.newEncoder().canEncode(newText)) {
            throw new IllegalArgumentException(
                    "the file is not UTF-8, so that new text in it can only be of characters up to U+00FF");
        }
        return ((marked ? String.valueOf(MARK) : "") + newText).getBytes(charset);
    }
}
