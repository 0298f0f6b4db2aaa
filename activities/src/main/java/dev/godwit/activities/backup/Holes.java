package dev.godwit.activities.backup;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Whether zeros in a file are holes. Java cannot ask the file system where holes are, or how many blocks a file has; a
 * program can, and is asked only for a file that has whole blocks of zeros.
 */
final class Holes {
    private static final int STAT_BLOCK = 512;

    private final Path file;
    private final FileFacts facts;
    private Boolean sparse;

    Holes(Path file, FileFacts facts) {
        this.file = file;
        this.facts = facts;
    }

    /** Asked where there is a block of zeros. */
    boolean here() {
        if (sparse == null) {
            sparse = allocated(file) < facts.size();
        }
        return sparse;
    }

    boolean found() {
        return Boolean.TRUE.equals(sparse);
    }

    private static long allocated(Path file) {
        try {
            Process stat = new ProcessBuilder("stat", "--format=%b", "--", file.toString())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try (InputStream out = stat.getInputStream()) {
                return Long.parseLong(new String(out.readAllBytes(), StandardCharsets.UTF_8).strip()) * STAT_BLOCK;
            }
        } catch (IOException | NumberFormatException e) {
            // Without GNU's stat no file is known to be sparse: its zeros are copied as zeros, and nothing is lost.
            return Long.MAX_VALUE;
        }
    }
}
