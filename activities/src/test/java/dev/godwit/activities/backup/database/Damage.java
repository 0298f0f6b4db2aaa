package dev.godwit.activities.backup.database;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** What becomes of backups over the years, to their biggest part. */
enum Damage {
    FLIPPED_BYTE("its content is not what was backed up") {
        @Override
        void to(Path part) throws IOException {
            try (RandomAccessFile file = new RandomAccessFile(part.toFile(), "rw")) {
                long middle = file.length() / 2;
                file.seek(middle);
                int was = file.read();
                file.seek(middle);
                file.write(was ^ 1);
            }
        }
    },
    MISSING_PART("it is missing") {
        @Override
        void to(Path part) throws IOException {
            Files.delete(part);
        }
    },
    TRUNCATED("bytes instead of") {
        @Override
        void to(Path part) throws IOException {
            try (RandomAccessFile file = new RandomAccessFile(part.toFile(), "rw")) {
                file.setLength(file.length() - 1);
            }
        }
    },
    OTHER_INVENTORY("inventory.json: it is not what it was") {
        @Override
        void to(Path part) throws IOException {
            Path directory = part.getParent();
            while (!Files.exists(directory.resolve("inventory.json"))) {
                directory = directory.getParent();
            }
            Path inventory = directory.resolve("inventory.json");
            Files.writeString(inventory, Files.readString(inventory).replaceFirst("\"size\" : \\d", "\"size\" : 9"));
        }
    };

    private final String said;

    Damage(String said) {
        this.said = said;
    }

    abstract void to(Path part) throws IOException;

    /** Does it, and tells what a refusal must say. */
    String[] done(Path backup) throws IOException {
        Path part;
        try (Stream<Path> parts = Files.walk(backup.resolve("parts"))) {
            part = parts.filter(Files::isRegularFile)
                    .max(Comparator.comparing(file -> file.toFile().length()))
                    .orElseThrow();
        }
        to(part);
        return this == OTHER_INVENTORY
                ? new String[]{said}
                : new String[]{said, backup.relativize(part).toString()};
    }
}
