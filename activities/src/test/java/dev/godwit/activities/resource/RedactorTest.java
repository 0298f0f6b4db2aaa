package dev.godwit.activities.resource;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RedactorTest {
    private static final Map<String, String> SECRETS = Map.of("SHORT", "cd", "LONG", "abcdefü", "EMPTY", "");

    @Test
    void every_secret_is_redacted_wherever_the_chunks_end() throws IOException {
        for (int before = (1 << 16) - 10; before < (1 << 16) + 2; before++) {
            String padding = "x".repeat(before);

            assertThat(redacted(padding + "abcdefü-abcd-cd")).isEqualTo(
                    padding + "[secret LONG]-ab[secret SHORT]-[secret SHORT]");
        }
    }

    @Test
    void what_is_not_a_secret_stays_byte_for_byte() throws IOException {
        byte[] all = new byte[200_000];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) (i * 31);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new Redactor(SECRETS).copy(new ByteArrayInputStream(all), out);
        assertThat(out.toByteArray()).isEqualTo(all);
    }

    private static String redacted(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new Redactor(SECRETS).copy(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), out);
        return out.toString(StandardCharsets.UTF_8);
    }
}
