package dev.godwit.activities.documents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.database.SqliteJournal;
import dev.godwit.step.StepIdentity;
import dev.godwit.step.StepStopped;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableLoadTest {
    private static final StepIdentity STEP = new StepIdentity("run", "plan", "target", "phase", "step", 1);

    @TempDir
    private Path directory;

    @Test
    void a_batch_of_an_attempt_that_was_overtaken_after_it_began_does_not_commit() throws Exception {
        Path database = directory.resolve("x.db");
        try (Connection first = Databases.connect(database);
                Connection second = Databases.connect(database);
                TableLoad overtaken = load(first, 1);
                TableLoad successor = load(second, 2)) {
            overtaken.begin();
            successor.begin();

            overtaken.beginBatch();
            overtaken.put(List.of(new LoadTarget.Row(List.of(1L), "one", Checksum.ZERO, new byte[0])));
            assertThatThrownBy(() -> overtaken.commit(LoadCursor.start(false))).isInstanceOf(StepStopped.class);
            TableLoad.rollback(first);

            assertThat(Databases.rows(database, "SELECT * FROM t")).isEmpty();
            assertThatThrownBy(overtaken::begin).isInstanceOf(StepStopped.class);
        }
    }

    private static TableLoad load(Connection connection, long token) {
        return new TableLoad("load.documents", connection, "t", List.of(new Column("a", Column.Type.INTEGER, true)),
                List.of("a"), Existing.REFUSE, new SqliteJournal(STEP, token));
    }
}
