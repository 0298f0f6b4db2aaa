package dev.godwit.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.json.Json;
import dev.godwit.run.Progress;
import dev.godwit.run.Report;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class TranscriptTest {
    private final Transcript transcript = new Transcript(ZoneOffset.UTC);

    @Test
    void a_run_is_told_once_and_in_the_order_in_which_it_happened() {
        assertThat(transcript.news(report("""
                {"name": "copy", "state": "running", "estimate": "1m", "started": "2026-11-20T13:00:00Z", "steps": [
                  {"name": "documents", "uses": "copy.documents", "state": "running", "round": 1,
                   "started": "2026-11-20T13:00:01Z"}]}"""))).containsExactly(
                "13:00:00  phase copy begins, estimated 1m", "13:00:01    documents begins (copy.documents)");
        String ended = """
                {"name": "copy", "state": "failed", "estimate": "1m", "started": "2026-11-20T13:00:00Z",
                 "ended": "2026-11-20T13:00:09Z", "steps": [
                  {"name": "documents", "uses": "copy.documents", "state": "completed", "round": 1,
                   "started": "2026-11-20T13:00:01Z", "ended": "2026-11-20T13:00:05Z",
                   "undo": {"step": "documents", "round": 1, "state": "undone", "started": "2026-11-20T13:00:10Z",
                            "ended": "2026-11-20T13:00:12Z", "set_aside": [{"what": "s18.json", "where": "/aside"}]}},
                  {"name": "same", "uses": "verify.documents", "state": "failed", "round": 1,
                   "started": "2026-11-20T13:00:05Z", "ended": "2026-11-20T13:00:08Z",
                   "gate": {"verdict": "failed", "expect": ".output.missing == 0", "reason": "it is false"},
                   "failure": {"type": "integrity/gate", "message": "3 are missing\\nlook at missing.json"}}]}""";
        assertThat(transcript.news(report(ended))).containsExactly(
                "13:00:05    documents completed after 4s",
                "13:00:05    same begins (verify.documents)",
                "13:00:08    same failed after 3s, failed: .output.missing == 0\n            3 are missing\n"
                        + "            look at missing.json",
                "13:00:09  phase copy failed after 9s",
                "13:00:12    undo of documents: undone after 2s\n            set aside: s18.json, now in /aside");
        assertThat(transcript.news(report(ended))).isEmpty();
        assertThat(transcript.news(report(ended.replace("\"failed\", \"estimate\"", "\"undone\", \"estimate\""))))
                .containsExactly("13:00:09  phase copy undone");
    }

    @Test
    void what_is_taken_back_was_told_by_the_run_that_did_it() {
        assertThat(transcript.news(report("""
                {"name": "copy", "state": "pending", "steps": [
                  {"name": "documents", "uses": "copy.documents", "state": "completed", "round": 1,
                   "started": "2026-11-19T13:00:01Z", "ended": "2026-11-19T13:00:01Z",
                   "undo": {"step": "documents", "round": 1, "state": "undone", "started": "2026-11-20T13:00:10Z",
                            "ended": "2026-11-20T13:00:12Z", "set_aside": []}}]}""")))
                .containsExactly("13:00:12    undo of documents: undone after 2s");
    }

    @Test
    void each_try_of_an_undo_is_told() {
        String failed = """
                {"name": "copy", "state": "completed", "steps": [
                  {"name": "documents", "uses": "copy.documents", "state": "completed", "round": 1,
                   "undo": {"step": "documents", "round": 1, "state": "failed", "started": "2026-11-20T13:00:10Z",
                            "ended": "2026-11-20T13:00:12Z", "set_aside": [],
                            "failure": {"type": "external/disk-full", "message": "disk full"}}}]}""";
        assertThat(transcript.news(report(failed)))
                .containsExactly("13:00:12    undo of documents: failed after 2s\n            disk full");
        assertThat(transcript.news(report(failed.replace("00:12Z", "00:30Z")))).hasSize(1);
        assertThat(transcript.news(report(failed.replace("00:12Z", "00:30Z")))).isEmpty();
    }

    @Test
    void progress_is_told_as_far_as_it_is_known() {
        assertThat(ProgressLine.of(new Progress("s", 512, 1200, "documents", 120.5)))
                .isEqualTo("512 of 1200 documents (42 %), 121/s, done in about 6s");
        assertThat(ProgressLine.of(new Progress("s", 512, 0, "rows", 3.25))).isEqualTo("512 rows, 3.3/s");
        assertThat(ProgressLine.of(new Progress("s", 5, 0, "rows", 0, "throttled to a standstill by ada")))
                .isEqualTo("5 rows; throttled to a standstill by ada");
        assertThat(ProgressLine.of(new Progress("s", 0, 1200, "", 0))).isEqualTo("0 of 1200 (0 %)");
        assertThat(ProgressLine.of(new Progress("s", 1200, 1200, "rows", 5))).doesNotContain("done in");
    }

    @Test
    void an_id_can_be_pasted_into_a_shell() {
        assertThat(Shell.quoted("plates//srv/plates")).isEqualTo("plates//srv/plates");
        assertThat(Shell.quoted("plates/Ann's data")).isEqualTo("'plates/Ann'\\''s data'");
    }

    private static Report report(String phase) {
        return Json.read("""
                {"workflow_id": "p/t", "plan": "p", "mode": "run", "state": "running",
                 "started": "2026-11-20T13:00:00Z", "messages": [], "phases": [%s]}""".formatted(phase), Report.class);
    }
}
