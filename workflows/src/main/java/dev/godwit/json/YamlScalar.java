package dev.godwit.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.Tag;

/** What a scalar of YAML 1.2's core schema is in JSON. */
public final class YamlScalar {
    private static final int MAX_NUMBER_LENGTH = 1_000;
    private static final int MAX_EXPONENT = 1_000;

    private YamlScalar() {}

    /** The value of a scalar with a resolved tag; absent if it is a number that JSON has not. */
    public static Optional<JsonNode> read(String value, Tag tag) {
        if (tag.equals(Tag.NULL)) {
            return Optional.of(NullNode.getInstance());
        }
        if (tag.equals(Tag.BOOL)) {
            return Optional.of(BooleanNode.valueOf(value.equalsIgnoreCase("true")));
        }
        if (tag.equals(Tag.INT) || tag.equals(Tag.FLOAT)) {
            return number(value, tag);
        }
        return Optional.of(TextNode.valueOf(value));
    }

    private static Optional<JsonNode> number(String value, Tag tag) {
        if (value.length() > MAX_NUMBER_LENGTH) {
            return Optional.empty();
        }
        try {
            if (tag.equals(Tag.INT)) {
                return Optional.of(whole(value));
            }
            BigDecimal number = new BigDecimal(value);
            boolean huge = Math.abs((long) number.scale()) > MAX_EXPONENT;
            return huge ? Optional.empty() : Optional.of(DecimalNode.valueOf(number));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static JsonNode whole(String value) {
        BigInteger number = value.startsWith("0x")
                ? new BigInteger(value.substring(2), 16)
                : value.startsWith("0o") ? new BigInteger(value.substring(2), 8) : new BigInteger(value);
        if (number.bitLength() < Integer.SIZE) {
            return JsonNodeFactory.instance.numberNode(number.intValue());
        }
        return number.bitLength() < Long.SIZE
                ? JsonNodeFactory.instance.numberNode(number.longValue())
                : JsonNodeFactory.instance.numberNode(number);
    }
}
