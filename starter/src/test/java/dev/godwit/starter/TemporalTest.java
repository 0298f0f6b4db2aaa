package dev.godwit.starter;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TemporalTest {
    @Test
    void what_went_wrong_is_told_in_one_line() {
        Exception failure = new IllegalStateException("outer",
                new IllegalArgumentException("cannot answer\n\tat io.temporal.Somewhere"));

        assertThat(Temporal.said(failure)).isEqualTo("cannot answer");
        assertThat(Temporal.said(new IllegalStateException(""))).isEmpty();
    }
}
