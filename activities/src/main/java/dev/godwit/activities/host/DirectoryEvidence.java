package dev.godwit.activities.host;

import dev.godwit.json.Json;
import dev.godwit.step.Evidence;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The evidence of one step and round, as files. */
final class DirectoryEvidence implements Evidence {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]*");

    private final Path directory;
    private final String prefix;

    /**
     * @param directory where the files are
     * @param prefix what stands before a file's name within the run's evidence
     */
    DirectoryEvidence(Path directory, String prefix) {
        this.directory = directory;
        this.prefix = prefix;
    }

    @Override
    public String json(String name, Object value) {
        String file = name.endsWith(".json") ? name : name + ".json";
        try (OutputStream out = open(file)) {
            out.write(Json.pretty(value).getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return prefix + "/" + file;
    }

    @Override
    public OutputStream open(String name) throws IOException {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("'" + name + "' cannot be the name of evidence");
        }
        Files.createDirectories(directory);
        Path temporary = Files.createTempFile(directory, ".", ".tmp");
        return new Appearing(temporary, directory.resolve(name));
    }

    @Override
    public Optional<Path> of(String step) throws IOException {
        Path all = directory.getParent();
        if (!Files.isDirectory(all)) {
            return Optional.empty();
        }
        Pattern rounds = Pattern.compile(Pattern.quote(step) + "\\.([0-9]+)");
        try (Stream<Path> steps = Files.list(all)) {
            return steps.filter(other -> rounds.matcher(other.getFileName().toString()).matches())
                    .filter(other -> Files.exists(other.resolve("output.json")))
                    .max(Comparator.comparing(other -> Integer.valueOf(
                            other.getFileName().toString().substring(step.length() + 1))));
        }
    }

    /** The names of all files, within the run's evidence. */
    List<String> names() throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith("."))
                    .sorted()
                    .map(name -> prefix + "/" + name)
                    .toList();
        }
    }

    /** A file that gets its name when it is whole; if writing fails there is none. */
    private static final class Appearing extends FilterOutputStream {
        private final Path temporary;
        private final Path file;
        private boolean failed;
        private boolean closed;

        Appearing(Path temporary, Path file) throws IOException {
            super(new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 16));
            this.temporary = temporary;
            this.file = file;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                out.write(bytes, offset, length);
            } catch (IOException e) {
                failed = true;
                throw e;
            }
        }

        @Override
        public void close() throws IOException {
            if (closed) {
                return;
            }
            closed = true;
            try {
                super.close();
                if (!failed) {
                    DurableFiles.syncFile(temporary);
                    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
                    DurableFiles.syncDirectory(file.getParent());
                }
            } finally {
                Files.deleteIfExists(temporary);
            }
        }
    }
}
