package dev.godwit.activities.backup;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Counts the files of a backup, by kind: the extension of the name. */
final class Totals {
    private final Map<String, Long> kinds = new TreeMap<>();
    private long files;
    private long bytes;

    void add(Entry entry) {
        if (!entry.isDirectory()) {
            add(entry.path(), entry.size());
        }
    }

    void add(String path, long size) {
        files++;
        bytes += size;
        kinds.merge(kind(path), 1L, Long::sum);
    }

    long files() {
        return files;
    }

    long bytes() {
        return bytes;
    }

    Map<String, Long> kinds() {
        return kinds;
    }

    private static String kind(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1);
        int dot = name.lastIndexOf('.');
        return dot <= 0 || dot == name.length() - 1 ? "other" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
    }
}
