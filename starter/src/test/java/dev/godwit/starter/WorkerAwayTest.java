package dev.godwit.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.starter.GodwitTest.Answer;
import io.temporal.worker.WorkerFactory;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkerAwayTest {
    private FakeTemporal temporal;

    @BeforeEach
    void start() {
        temporal = FakeTemporal.start();
    }

    @AfterEach
    void stop() {
        temporal.close();
    }

    @Test
    void without_a_worker_status_tells_what_temporal_knows_watch_waits_and_a_rollback_is_kept_for_later()
            throws Exception {
        godwit("start", "waits", "--target", "t", "--detach");
        Answer status = godwit("status", "waits/t");
        assertThat(status.exit()).isZero();
        assertThat(status.err()).contains("no worker answers");
        assertThat(status.out()).contains("waits/t: running, started ");

        ByteArrayOutputStream seen = new ByteArrayOutputStream();
        CompletableFuture<Answer> watching = CompletableFuture
                .supplyAsync(() -> GodwitTest.godwit(temporal.environment(), seen, "watch", "waits/t"),
                        Thread::startVirtualThread);
        Answer preview = godwit("rollback", "waits/t", "--preview");
        assertThat(preview.exit()).isEqualTo(1);
        assertThat(preview.err()).contains("nothing was asked of the run");
        Answer rollback = godwit("rollback", "waits/t", "--output", "json");
        assertThat(rollback.err()).contains("no answer within 5 s; sending it as a signal");
        assertThat(rollback.json().get("delivered").asText()).isEqualTo("signal");
        Until.seen("no worker answers", () -> seen.toString(StandardCharsets.UTF_8).contains("no worker answers"));

        WorkerFactory worker = temporal.worker(FakeMigration.AnsweringRun.class);
        assertThat(watching.get().exit()).isEqualTo(3);
        worker.shutdownNow();
    }

    @Test
    void without_a_worker_status_knows_how_a_run_ended_in_its_own_word() {
        WorkerFactory worker = temporal.worker(FakeMigration.AnsweringRun.class);
        godwit("start", "rolls-back", "--target", "t");
        worker.shutdownNow();
        worker.awaitTermination(10, TimeUnit.SECONDS);
        Answer status = godwit("status", "rolls-back/t");
        assertThat(status.err()).contains("no worker answers");
        assertThat(status.out()).contains("rolls-back/t: rolled back, started ");
    }

    @Test
    void a_run_that_knows_no_updates_gets_the_signal_at_once() {
        WorkerFactory worker = temporal.worker(FakeMigration.SignalOnlyRun.class);
        godwit("start", "waits", "--target", "t", "--detach");
        Answer rollback = godwit("rollback", "waits/t");
        assertThat(rollback.exit()).isZero();
        assertThat(rollback.err()).contains("does not know 'rollback' as an update; sending it as a signal");
        assertThat(godwit("watch", "waits/t").exit()).isEqualTo(3);
        worker.shutdownNow();
    }

    @Test
    void a_run_of_an_older_build_answers_with_a_text() {
        WorkerFactory worker = temporal.worker(FakeMigration.TextAnsweringRun.class);
        godwit("start", "waits", "--target", "t", "--detach");
        assertThat(godwit("pause", "waits/t", "--by", "ann").out()).startsWith("pause, asked by ann");
        worker.shutdownNow();
    }

    private Answer godwit(String... arguments) {
        return GodwitTest.godwit(temporal.environment(), new ByteArrayOutputStream(), arguments);
    }
}
