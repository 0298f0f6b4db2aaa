package dev.godwit.activities.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.step.Journal;
import dev.godwit.step.StepStopped;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileJournalTest {
    @TempDir
    private Path directory;

    @Test
    void a_later_attempt_reads_what_an_earlier_one_wrote() {
        Journal first = FileJournal.beginRun(directory);
        first.write("cursor", "s17.json");
        first.append("made", List.of("a", "b"));
        first.append("made", List.of("c"));

        Journal second = FileJournal.beginUndo(directory);

        assertThat(second.read("cursor", String.class)).contains("s17.json");
        assertThat(second.read("nothing", String.class)).isEmpty();
        assertThat(entries(second)).containsExactly("a", "b", "c");
    }

    @Test
    void an_attempt_cannot_write_once_a_later_one_has_begun() {
        Journal first = FileJournal.beginRun(directory);
        first.write("cursor", 1);
        FileJournal.beginUndo(directory);

        assertThatThrownBy(() -> first.write("cursor", 2)).isInstanceOf(StepStopped.class);
        assertThatThrownBy(() -> first.append("made", List.of("a"))).isInstanceOf(StepStopped.class);
        assertThatThrownBy(first::checkToken).isInstanceOf(StepStopped.class);
        assertThat(first.read("cursor", Integer.class)).contains(1);
    }

    @Test
    void tokens_grow_over_runs_and_undos_and_attempts_count_runs() {
        assertThat(FileJournal.beginRun(directory).token()).isEqualTo(1);
        assertThat(FileJournal.beginUndo(directory).token()).isEqualTo(2);
        FileJournal third = FileJournal.beginRun(directory);
        assertThat(third.token()).isEqualTo(3);
        assertThat(third.attempt()).isEqualTo(2);
    }

    @Test
    void a_torn_last_line_never_counted() throws Exception {
        Journal first = FileJournal.beginRun(directory);
        first.append("made", List.of("a"));
        Files.writeString(directory.resolve("made.log"), "\"torn " + "é".repeat(10_000), StandardOpenOption.APPEND);

        assertThat(entries(first)).containsExactly("a");
        first.append("made", List.of("b"));
        assertThat(entries(first)).containsExactly("a", "b");
    }

    @Test
    void nothing_is_written_to_a_journal_that_was_forgotten() throws Exception {
        Journal journal = FileJournal.beginRun(directory.resolve("journal"));
        DurableFiles.deleteTree(directory.resolve("journal"));

        assertThatThrownBy(() -> journal.write("cursor", 1)).isInstanceOf(StepStopped.class);
        assertThat(directory.resolve("journal")).doesNotExist();
    }

    @Test
    void a_first_attempt_that_a_power_failure_left_no_trace_of_never_began() throws Exception {
        FileJournal.beginRun(directory);
        Files.writeString(directory.resolve(".begun"), "");

        FileJournal next = FileJournal.beginRun(directory);
        assertThat(next.token()).isEqualTo(1);
        next.write("cursor", 1);
        assertThat(FileJournal.beginUndo(directory).token()).isEqualTo(2);
    }

    private static List<String> entries(Journal journal) {
        List<String> entries = new ArrayList<>();
        journal.scan("made", String.class, entries::add);
        return entries;
    }
}
