package dev.godwit.activities.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SecretMaskTest {
    @ParameterizedTest
    @ValueSource(strings = {"DB_PASS=", "SMTP_PASS=", "DB_PASS_FILE=", "PGPASS=", "pass: ", "smtpPass: ",
            "dbPassFile: ",
            "mail.pass = ", "\"pass\": ", "passcode: ", "DB_PASSWORD=", "db_pwd=", "ENCRYPTION_KEY=", "encryptionKey: ",
            "signingKeys: ", "APP_KEY=", "tls.key: ", "license-key: ", "SIGNING_KEY_OLD=", "masterKeyBase64: ",
            "API_KEY=", "apikey=", "accessKey: ", "AWS_ACCESS_KEY_ID=", "private-key: ", "CSRF_TOKEN="})
    void what_a_key_like_this_has_is_hidden(String key) {
        assertThat(SecretMask.lines(List.of(key + "hush"))).containsExactly(key + "***");
    }

    @ParameterizedTest
    @ValueSource(strings = {"compass: north", "bypass: true", "BYPASS_CACHE=1", "passes: 3", "passive: true",
            "passenger: 4", "proxy_pass http://plates:8000;", "primary_key: id", "foreign_key: camera_id",
            "primaryKey: id", "sort_keys: true", "cache_key: plates", "PUBLIC_KEY=ssh-ed25519", "partitionKey: day",
            "key: value", "monkey: 1", "my_keyboard: qwertz", "on_keyup: send", "keys: [a, b]"})
    void what_is_no_secret_by_its_key_is_shown(String line) {
        assertThat(SecretMask.lines(List.of(line))).containsExactly(line);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "{URL: postgres://u:pw@db/x, API_TOKEN: t} | {URL: postgres://***@db/x, API_TOKEN: ***",
            "{A: amqp://u:pw@a/x, B: redis://:pw@b, PASS: t} | {A: amqp://***@a/x, B: redis://***@b, PASS: ***",
            "URL=postgres://u:pw@db/x # the token: | URL=postgres://***@db/x # the token:",
            "URL=postgres://u:its_token=x@db/x | URL=postgres://***",
            "URL=postgres://u:pw@db/x | URL=postgres://***@db/x"})
    void a_password_in_an_address_is_hidden_whatever_follows(String line, String shown) {
        assertThat(SecretMask.lines(List.of(line))).containsExactly(shown);
    }

    @Test
    void what_is_below_a_key_is_hidden_line_by_line() {
        assertThat(SecretMask.lines(List.of("smtp:", "  pass: >", "    hush", "    hush", "  port: 25")))
                .containsExactly("smtp:", "  pass: ***", "    ***", "    ***", "  port: 25");
    }
}
