package dev.godwit.activities.documents;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A text that two JSON values share exactly if they are the same value: numbers count by value ({@code 1.0} is {@code 1}),
 * decimals exactly, text by its characters; the order of keys does not matter, that of lists does.
 */
final class Canonical {
    private static final int LONGEST_PLAIN_NUMBER = 40;

    private Canonical() {}

    static String text(JsonNode value) {
        StringBuilder text = new StringBuilder();
        append(text, value);
        return text.toString();
    }

    private static void append(StringBuilder text, JsonNode value) {
        switch (value.getNodeType()) {
            case OBJECT -> {
                List<String> names = new ArrayList<>();
                value.fieldNames().forEachRemaining(names::add);
                Collections.sort(names);
                char separator = '{';
                for (String name : names) {
                    text.append(separator).append(quoted(name)).append(':');
                    append(text, value.get(name));
                    separator = ',';
                }
                text.append(names.isEmpty() ? "{}" : "}");
            }
            case ARRAY -> {
                char separator = '[';
                for (JsonNode item : value) {
                    text.append(separator);
                    append(text, item);
                    separator = ',';
                }
                text.append(value.isEmpty() ? "[]" : "]");
            }
            case NUMBER -> text.append(number(value));
            case STRING -> text.append(quoted(value.textValue()));
            case BOOLEAN -> text.append(value.booleanValue());
            case NULL, MISSING -> text.append("null");
            case BINARY, POJO -> throw new IllegalArgumentException(value.getNodeType() + " is not a JSON value");
        }
    }

    private static String number(JsonNode value) {
        if (value.isFloatingPointNumber() && !value.isBigDecimal() && !Double.isFinite(value.doubleValue())) {
            // A mapping can calculate one, although JSON has none.
            return quoted(value.asText());
        }
        if (value.isInt() || value.isLong()) {
            return Long.toString(value.longValue());
        }
        BigDecimal number = value.decimalValue().stripTrailingZeros();
        boolean plain = number.scale() <= 0 && number.precision() - (long) number.scale() <= LONGEST_PLAIN_NUMBER;
        return plain ? number.toPlainString() : number.toString();
    }

    private static String quoted(String text) {
        String quoted = TextNode.valueOf(text).toString();
        return StandardCharsets.UTF_8.newEncoder().canEncode(quoted) ? quoted : withoutHalves(quoted);
    }

    /** Half a character (a lone surrogate) has no UTF-8, but an escape. */
    private static String withoutHalves(String quoted) {
        StringBuilder text = new StringBuilder();
        quoted.codePoints().forEach(character -> {
            if (Character.getType(character) == Character.SURROGATE) {
                text.append("\\u%04x".formatted(character));
            } else {
                text.appendCodePoint(character);
            }
        });
        return text.toString();
    }
}
