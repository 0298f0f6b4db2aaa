package dev.godwit.activities.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.activities.backup.Entry.Source;
import dev.godwit.plan.Location;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InventoryTest {
    @Test
    void what_is_written_is_read() throws Exception {
        List<Entry> entries = List.of(
                new Entry("a/", 0, Optional.empty(), "rwxr-xr-t", Instant.EPOCH, Optional.of("0:0"), Optional.empty(),
                        Optional.empty(), false, Optional.empty(), Optional.empty()),
                new Entry("a/\n\"ü\u0001", Long.MAX_VALUE, Optional.of("00"), "rwSr--r--",
                        Instant.parse("1969-12-31T23:59:59.999999999Z"), Optional.of("4294967294:1"), Optional.empty(),
                        Optional.empty(), true, Optional.of("earlier"),
                        Optional.of(new Source(7, Instant.parse("2026-01-01T00:00:00.1Z"), Optional.of(Instant.MAX)))),
                new Entry("b", 0, Optional.empty(), "rwxrwxrwx", Instant.parse("2026-01-01T00:00:00Z"),
                        Optional.empty(), Optional.of("../x"), Optional.of("y"), false, Optional.empty(),
                        Optional.empty()));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Inventory.Writer writer = new Inventory.Writer(out, Instant.EPOCH, Location.parse("v1"))) {
            for (Entry entry : entries) {
                writer.add(entry);
            }
            writer.finish();
        }

        assertThat(read(out.toString(StandardCharsets.UTF_8))).isEqualTo(entries);
    }

    @Test
    void one_of_an_older_version_is_read() throws Exception {
        assertThat(read("""
                {"made":"2026-03-01T12:00:00Z","from":"v1","entries":[{"path":"data/","size":0,"mode":"rwxr-xr-x",
                "modified":"2025-06-10T08:00:00.123456789Z"},{"path":"data/a.json","size":2,"sha256":"44",
                "mode":"rw-r--r--","modified":"2025-06-10T08:00:00Z","new":{"x":[1]}}],"files":1}"""))
                .extracting(Entry::path)
                .containsExactly("data/", "data/a.json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"2026-11-21T15:36:34Z", "2026-02-28T23:59:59.000000001Z", "1601-01-01T00:00:00.5Z",
            "+12026-01-01T00:00:00Z", "-0001-01-01T00:00:00Z"})
    void times_are_what_they_are_to_java(String text) {
        assertThat(Times.parse(text)).isEqualTo(Instant.parse(text));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 0777, 04755, 02070, 01777, 07000, 0640})
    void permissions_come_back(int mode) {
        assertThat(Permissions.mode(Permissions.text(mode))).isEqualTo(mode);
    }

    private static List<Entry> read(String json) throws Exception {
        List<Entry> entries = new ArrayList<>();
        try (Inventory.Reader reader = new Inventory.Reader(
                new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)))) {
            for (Optional<Entry> next = reader.next(); next.isPresent(); next = reader.next()) {
                entries.add(next.get());
            }
        }
        return entries;
    }
}
