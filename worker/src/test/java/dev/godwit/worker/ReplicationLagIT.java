package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.activities.database.PostgresCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A copy waits while a standby of its target is too far behind, or not connected at all, on a real Temporal and with a real
 * standby.
 */
class ReplicationLagIT {
    private static final int ROWS = 40_000;
    private static final String COUNT = "SELECT count(*) FROM items";

    @Test
    void a_copy_waits_for_the_standby_of_its_target_and_status_says_so(@TempDir Path directory) throws Exception {
        DevServer temporal = DevServer.start(directory);
        try (Site site = new Site(directory, temporal);
                // At its rate it has time enough to fall behind in.
                CopiedTable table = new CopiedTable(site, directory, ROWS,
                        "batch: 500, rate: 4000, gate: {replication-lag: 1s}", "");
                PostgresCluster standby = table.target.standby(Files.createDirectory(directory.resolve("standby")))) {
            standby.execute("ALTER SYSTEM SET wal_receiver_status_interval = '1s'", "SELECT pg_reload_conf()",
                    "SELECT pg_wal_replay_pause()");
            Until.within(60, "the standby replays nothing", () -> standby
                    .column("SELECT pg_get_wal_replay_pause_state()")
                    .getFirst()
                    .equals("paused"));
            site.startWorker();
            Site.Command run = table.begin();

            Until.within(120, "status says what the copy waits for",
                    () -> table.status().contains("; the standby walreceiver is "));
            assertThat(table.status()).containsPattern("the standby walreceiver is \\d+\\.\\d s behind, over 1\\.0 s");
            assertThat(run.process().isAlive()).isTrue();
            assertThat(rows(table.target)).isLessThan(ROWS);

            standby.execute("SELECT pg_wal_replay_resume()");
            long before = rows(table.target);
            Until.within(60, "the copy goes on", () -> rows(table.target) > before);
            standby.stop();
            Until.within(60, "status says who is missing",
                    () -> table.status()
                            .contains("is not connected any more; if it is gone for good, pause and resume"));
            assertThat(rows(table.target)).isLessThan(ROWS);

            standby.startAgain();
            table.target.execute("SELECT pg_create_physical_replication_slot('of_another', true)");
            Until.within(60, "status says for whom the server keeps its log",
                    () -> table.status().contains("the standby of the replication slot of_another is not connected"));
            table.target.execute("SELECT pg_drop_replication_slot('of_another')");
            Answer answer = run.await();
            assertThat(answer.exit()).as(CopiedTable.told(answer)).isZero();
            assertThat(CopiedTable.content(table.target)).isEqualTo(CopiedTable.content(table.source));
            Until.within(60, "the standby has all rows", () -> rows(standby) == ROWS);
        }
    }

    private static long rows(PostgresCluster cluster) throws Exception {
        return Long.parseLong(cluster.column(COUNT).getFirst());
    }
}
