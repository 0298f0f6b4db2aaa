package dev.godwit.activities.documents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Json;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A column of a table that documents are loaded into.
 *
 * @param name its name
 * @param type what it holds
 * @param required whether it refuses null
 */
record Column(String name, Type type, boolean required) {

    private static final BigInteger LEAST = BigInteger.valueOf(Long.MIN_VALUE);
    private static final BigInteger GREATEST = BigInteger.valueOf(Long.MAX_VALUE);

    /** What a column holds. */
    enum Type {
        TEXT, INTEGER, REAL, JSON;

        /** As plans write it. */
        String plan() {
            return name().toLowerCase(Locale.ROOT);
        }

        String sql() {
            return this == JSON ? "TEXT" : name();
        }
    }

    /** A value that a column cannot hold exactly. */
    static final class UnfitException extends Exception {
        private static final long serialVersionUID = 1L;

        UnfitException(String message) {
            super(message);
        }
    }

    /**
     * Reads a declaration such as {@code integer} or {@code text!}.
     *
     * @throws IllegalArgumentException if it is none
     */
    static Column of(Map.Entry<String, String> declaration) {
        String text = declaration.getValue();
        boolean required = text.endsWith("!");
        String type = required ? text.substring(0, text.length() - 1) : text;
        return Arrays.stream(Type.values())
                .filter(known -> known.plan().equals(type))
                .map(known -> new Column(declaration.getKey(), known, required))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("columns." + declaration.getKey() + ": '" + text
                        + "' is not a type; write one of " + Arrays.stream(Type.values())
                                .map(Type::plan)
                                .collect(Collectors.joining(", "))
                        + ", with ! behind it where null is refused"));
    }

    /** What a table is to store for a JSON value: exactly this value, or nothing at all. */
    Object stored(JsonNode value) throws UnfitException {
        if (value.isNull() || value.isMissingNode()) {
            if (required) {
                throw new UnfitException("null does not fit a column that is declared with !");
            }
            return null;
        }
        return switch (type) {
            case TEXT -> text(value);
            case INTEGER -> integer(value);
            case REAL -> real(value);
            case JSON -> wellFormed(Json.write(value), value);
        };
    }

    private Object text(JsonNode value) throws UnfitException {
        if (!value.isTextual()) {
            throw unfit(value, "use tostring in the mapping, or declare the column json");
        }
        return wellFormed(value.textValue(), value);
    }

    private Object integer(JsonNode value) throws UnfitException {
        if (!value.isNumber()) {
            throw unfit(value, value.isBoolean()
                    ? "use 'if . then 1 else 0 end' in the mapping, or declare the column json"
                    : "change the mapping, or declare the column text or json");
        }
        BigDecimal number = value.decimalValue();
        boolean tooLong = number.precision() - (long) number.scale() > 19;
        if (tooLong || number.stripTrailingZeros().scale() > 0) {
            throw unfit(value, "an integer has no fraction and at most 64 bits; declare the column text or json");
        }
        BigInteger integer = number.toBigIntegerExact();
        if (integer.compareTo(LEAST) < 0 || integer.compareTo(GREATEST) > 0) {
            throw unfit(value, "an integer has at most 64 bits; declare the column text or json");
        }
        return integer.longValue();
    }

    private Object real(JsonNode value) throws UnfitException {
        if (!value.isNumber()) {
            throw unfit(value, "change the mapping, or declare the column text or json");
        }
        BigDecimal exact = value.decimalValue();
        double real = exact.doubleValue();
        if (!Double.isFinite(real) || new BigDecimal(Double.toString(real)).compareTo(exact) != 0) {
            throw unfit(value, "a real would change it; declare the column text or json");
        }
        return real;
    }

    private Object wellFormed(String text, JsonNode value) throws UnfitException {
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            boolean pair = Character.isHighSurrogate(character) && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1));
            if (pair) {
                i++;
            } else if (Character.isSurrogate(character)) {
                throw unfit(value, "it holds half a character (U+%04X), which UTF-8 cannot".formatted((int) character));
            }
        }
        return text;
    }

    private UnfitException unfit(JsonNode value, String remedy) {
        String text = value.toString();
        String shown = text.length() > 100 ? text.substring(0, 97) + "..." : text;
        return new UnfitException(shown + " does not fit " + type.plan() + "; " + remedy);
    }
}
