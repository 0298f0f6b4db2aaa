package dev.godwit.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JqNumbersTest {
    private static final String NUMBERS = "{\"a\":9007199254740993,\"b\":18446744073709551617,\"c\":0.1000,\"d\":1E+400}";

    @ParameterizedTest
    @ValueSource(strings = {".", ". + {}", "to_entries | from_entries", "tojson | fromjson", "{a, b, c, d}", "walk(.)"})
    void numbers_that_are_moved_are_kept_exactly(String expression) {
        JsonNode moved = Jq.compile(expression).one(Json.read(NUMBERS, JsonNode.class), Map.of());

        assertThat(Json.write(moved)).isEqualTo(NUMBERS);
    }
}
