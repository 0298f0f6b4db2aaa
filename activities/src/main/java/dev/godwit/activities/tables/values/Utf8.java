package dev.godwit.activities.tables.values;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** Whether bytes are a text that PostgreSQL takes: valid UTF-8 without U+0000. */
public final class Utf8 {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class,
            ByteOrder.LITTLE_ENDIAN);
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long ONES = 0x0101010101010101L;

    private Utf8() {}

    /** @throws UnfitValueException saying what is wrong with it */
    public static void require(byte[] text) throws UnfitValueException {
        int i = 0;
        boolean ascii = true;
        for (; i <= text.length - Long.BYTES; i += Long.BYTES) {
            long eight = (long) LONG.get(text, i);
            if (((eight - ONES) & ~eight & HIGH_BITS) != 0) {
                requireNoNul(text);
            }
            ascii &= (eight & HIGH_BITS) == 0;
        }
        for (; i < text.length; i++) {
            if (text[i] == 0) {
                requireNoNul(text);
            }
            ascii &= text[i] >= 0;
        }
        if (!ascii) {
            decode(text, StandardCharsets.UTF_8);
        }
    }

    /** Decodes, refusing what is no text in that encoding. */
    public static String decode(byte[] text, Charset charset) throws UnfitValueException {
        try {
            return charset.newDecoder().decode(ByteBuffer.wrap(text)).toString();
        } catch (CharacterCodingException e) {
            throw new UnfitValueException("the text is not valid " + charset.name() + " (" + text.length
                    + " bytes), which PostgreSQL refuses; mend it, or copy the column as bytea");
        }
    }

    /**
     * A text that is stored in that encoding, in UTF-8.
     *
     * @throws UnfitValueException saying what is wrong with it
     */
    public static byte[] of(byte[] stored, Charset charset) throws UnfitValueException {
        byte[] utf8 = charset == StandardCharsets.UTF_8
                ? stored
                : decode(stored, charset).getBytes(StandardCharsets.UTF_8);
        require(utf8);
        return utf8;
    }

    private static void requireNoNul(byte[] text) throws UnfitValueException {
        for (int i = 0; i < text.length; i++) {
            if (text[i] == 0) {
                throw new UnfitValueException("the text has a U+0000 at byte " + i
                        + ", which PostgreSQL cannot hold; mend it, or copy the column as bytea");
            }
        }
    }
}
