package dev.godwit.activities.backup;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a backup has to say about single files: all are counted, the first thousand named. Safe for several threads. */
final class Noticed {
    private static final int NAMED = 1000;

    /** What there is to say. */
    enum What {
        /** It changed each time it was read, so that its copy may be a mixture. */
        CHANGED_WHILE_READ,
        /** It was there when its directory was listed, and gone when it was read. */
        VANISHED,
        /** It is a socket, a pipe or a device. */
        LEFT_OUT,
        /** An earlier backup's copy is not what it was; the file was copied anew. */
        DAMAGED_EARLIER
    }

    /** What the evidence shows of one kind. */
    record Files(long count, List<String> first) {}

    private final Map<What, Long> counts = new LinkedHashMap<>();
    private final Map<What, List<String>> names = new LinkedHashMap<>();

    synchronized void add(What what, String path) {
        counts.merge(what, 1L, Long::sum);
        List<String> named = names.computeIfAbsent(what, one -> new ArrayList<>());
        if (named.size() < NAMED) {
            named.add(path);
        }
    }

    synchronized long count(What what) {
        return counts.getOrDefault(what, 0L);
    }

    synchronized List<String> first(What what, int most) {
        List<String> named = names.getOrDefault(what, List.of());
        return named.stream().sorted().limit(most).toList();
    }

    synchronized Map<What, Files> all() {
        Map<What, Files> all = new LinkedHashMap<>();
        counts.forEach((what, count) -> {
            List<String> named = new ArrayList<>(names.get(what));
            Collections.sort(named);
            all.put(what, new Files(count, named));
        });
        return all;
    }
}
