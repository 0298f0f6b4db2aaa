package dev.godwit.activities.tables.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.activities.tables.values.ValueForm;
import dev.godwit.activities.tables.verify.Layout.Compared;
import dev.godwit.activities.tables.verify.Layout.Which;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepStopped;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class BucketScanTest {
    private static final Layout LAYOUT = new Layout(
            List.of(new Compared("id", "id", ValueForm.SMALL_INTEGER, "integer", 1),
                    new Compared("v", "v", ValueForm.TEXT, "text", 2)),
            List.of(0));
    private static final int ROWS_IN_PART = 200;

    private final PreviewContext context = (PreviewContext) Proxy.newProxyInstance(getClass().getClassLoader(),
            new Class<?>[]{PreviewContext.class}, (proxy, method, arguments) -> null);

    @Test
    void a_later_attempt_reads_only_what_is_left() throws Exception {
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase()) {
            database.execute("CREATE TABLE t (id integer PRIMARY KEY, v text)",
                    "INSERT INTO t SELECT g, repeat('x', g % 100) FROM generate_series(1, 10000) g", "ANALYZE t");
            AtomicReference<String> kept = new AtomicReference<>();
            AtomicInteger parts = new AtomicInteger();
            assertThatExceptionOfType(StepStopped.class)
                    .isThrownBy(() -> scan(database, ScanState.NONE, scan -> {
                        kept.set(Json.write(scan.state()));
                        if (parts.incrementAndGet() == 20) {
                            throw new StepStopped("killed");
                        }
                    }));
            AtomicInteger later = new AtomicInteger();
            AtomicInteger all = new AtomicInteger();

            BucketSums resumed = scan(database, Json.read(kept.get(), ScanState.class),
                    scan -> later.incrementAndGet());
            BucketSums whole = scan(database, ScanState.NONE, scan -> all.incrementAndGet());

            assertThat(resumed.rows()).isEqualTo(10_000);
            assertThat(resumed.differing(whole).isEmpty()).isTrue();
            assertThat(all.get()).isGreaterThan(60);
            assertThat(later.get()).isEqualTo(all.get() - 20);

            database.execute("VACUUM FULL t");
            later.set(0);
            scan(database, Json.read(kept.get(), ScanState.class), scan -> later.incrementAndGet());
            assertThat(later.get()).as("parts of a table that was written anew").isEqualTo(all.get());
        }
    }

    @Test
    void what_is_written_meanwhile_is_in_no_part() throws Exception {
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase()) {
            database.execute("CREATE TABLE t (id integer PRIMARY KEY, v text)",
                    "INSERT INTO t SELECT g, 'x' FROM generate_series(1, 10000) g", "ANALYZE t");
            BucketSums before = scan(database, ScanState.NONE, scan -> {});
            AtomicInteger next = new AtomicInteger(1);

            BucketSums meanwhile = scan(database, ScanState.NONE, scan -> {
                int id = next.getAndIncrement();
                try {
                    database.execute("UPDATE t SET v = 'y' WHERE id = " + id, "DELETE FROM t WHERE id = " + (5000 + id),
                            "INSERT INTO t VALUES (" + (20_000 + id) + ", 'z')");
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });

            assertThat(meanwhile.differing(before).isEmpty()).isTrue();
            assertThat(scan(database, ScanState.NONE, scan -> {}).differing(before).isEmpty()).isFalse();
        }
    }

    /** Scans the table as both sides, and answers the sums of the first. */
    private BucketSums scan(PostgresServer.Database database, ScanState before,
            Consumer<BucketScan> save) throws Exception {
        try (TableSide one = new PostgresSide(new Table(database), Which.EXPECTED, context);
                TableSide two = new PostgresSide(new Table(database), Which.ACTUAL, context)) {
            BucketScan scan = new BucketScan(LAYOUT, List.of(one, two), ROWS_IN_PART, before, context);
            scan.run(1, Pace.UNLIMITED, save);
            assertThat(scan.sums(0).differing(scan.sums(1)).isEmpty()).isTrue();
            return scan.sums(0);
        }
    }

    private record Table(PostgresServer.Database database) implements ReadablePostgres {
        @Override
        public Location location() {
            return Location.parse("parking:t");
        }

        @Override
        public String address() {
            return database.url();
        }

        @Override
        public Connection open() throws SQLException {
            return database.connect();
        }

        @Override
        public Map<String, String> environment() {
            return Map.of();
        }
    }
}
