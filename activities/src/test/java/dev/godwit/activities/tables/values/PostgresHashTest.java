package dev.godwit.activities.tables.values;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.activities.database.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PostgresHashTest {
    private static final List<Long> SEEDS = List.of(0L, 1L, -1L, 0x123456789abcdefL);

    @Test
    void hashes_are_those_of_a_server() throws Exception {
        Random random = new Random(7);
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase()) {
            for (int i = 0; i < 40; i++) {
                long seed = SEEDS.get(i % SEEDS.size());
                String text = "é漢\uD83D\uDE00" + "x".repeat(i);
                byte[] bytes = new byte[i];
                random.nextBytes(bytes);
                int number = random.nextInt();
                double real = random.nextGaussian() * 1e200;
                assertThat(database.rows("SELECT hashtextextended('" + text + "' COLLATE \"C\", " + seed
                        + "), hash_array_extended(ARRAY['\\x" + HexFormat.of().formatHex(bytes) + "'::bytea], " + seed
                        + "), hashint4extended(" + number + ", " + seed + "), hashfloat8extended('" + real
                        + "'::float8, " + seed + "), hashbpcharextended('" + text + "  '::char(60), " + seed + ")"))
                        .containsExactly(PostgresHash.ofBytes(text.getBytes(StandardCharsets.UTF_8), seed) + "|"
                                + PostgresHash.ofArray(PostgresHash.ofBytes(bytes, seed)) + "|"
                                + PostgresHash.ofInt(number, seed) + "|" + PostgresHash.ofDouble(real, seed) + "|"
                                + PostgresHash.ofBytes(text.getBytes(StandardCharsets.UTF_8), seed));
            }
        }
    }
}
