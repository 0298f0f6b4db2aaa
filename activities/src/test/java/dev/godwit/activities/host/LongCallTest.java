package dev.godwit.activities.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.step.StepStopped;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LongCallTest {
    @Test
    void beats_for_as_long_as_the_call_blocks() throws Exception {
        CountDownLatch beats = new CountDownLatch(3);

        assertThat(LongCall.<Boolean, Exception>run(beats::countDown, () -> beats.await(1, TimeUnit.MINUTES))).isTrue();
    }

    @Test
    void a_beat_that_throws_ends_the_call_and_comes_out() {
        AtomicInteger beats = new AtomicInteger();
        CountDownLatch ended = new CountDownLatch(1);

        assertThatThrownBy(() -> LongCall.run(() -> {
            if (beats.incrementAndGet() == 2) {
                throw new StepStopped("paused");
            }
        }, ended::countDown, () -> untilInterrupted(ended))).isInstanceOf(StepStopped.class).hasMessage("paused");
        assertThat(ended.getCount()).isZero();
    }

    @Test
    void an_interrupt_ends_the_call_and_stays() {
        CountDownLatch never = new CountDownLatch(1);
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> LongCall.<Boolean, Exception>run(() -> {}, () -> never.await(1, TimeUnit.MINUTES)))
                .isInstanceOf(StepStopped.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void what_the_call_throws_comes_out() {
        IOException failure = new IOException("no space left");

        assertThatThrownBy(() -> LongCall.<Boolean, IOException>run(() -> {}, () -> {
            throw failure;
        })).isSameAs(failure);
    }

    private static boolean untilInterrupted(CountDownLatch ended) {
        try {
            return new CountDownLatch(1).await(1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            return ended.getCount() == 0;
        }
    }
}
