package dev.godwit.activities.resource;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Takes secrets out of what commands, processes and containers write: their names are left in their places. */
public final class Redactor {
    private static final int CHUNK = 1 << 16;

    /** Bytes as characters of the same number, so that what is not UTF-8 stays what it is. */
    private final Optional<Pattern> pattern;
    private final int longest;
    private final Map<String, String> names;

    /** @param secrets their values by name */
    public Redactor(Map<String, String> secrets) {
        names = secrets.entrySet()
                .stream()
                .filter(secret -> !secret.getValue().isEmpty())
                .collect(Collectors.toMap(secret -> bytes(secret.getValue()), Map.Entry::getKey, (one, other) -> one));
        // Of two that begin at the same place the longer one counts.
        pattern = names.isEmpty()
                ? Optional.empty()
                : Optional.of(Pattern.compile(names.keySet()
                        .stream()
                        .sorted(Comparator.comparing(String::length).reversed())
                        .map(Pattern::quote)
                        .collect(Collectors.joining("|"))));
        longest = names.keySet().stream().mapToInt(String::length).max().orElse(0);
    }

    private static String bytes(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** Copies all that can be read, without the secrets. */
    public void copy(InputStream in, OutputStream out) throws IOException {
        if (pattern.isEmpty()) {
            in.transferTo(out);
            return;
        }
        StringBuilder held = new StringBuilder();
        byte[] chunk = new byte[CHUNK];
        boolean end = false;
        while (!end) {
            int read = in.readNBytes(chunk, 0, chunk.length);
            end = read < chunk.length;
            held.append(new String(chunk, 0, read, StandardCharsets.ISO_8859_1));
            // A secret that begins further on may not be here as a whole yet.
            int safe = end ? held.length() : Math.max(0, held.length() - longest + 1);
            int done = 0;
            Matcher matcher = pattern.get().matcher(held);
            while (matcher.find() && matcher.start() < safe) {
                write(held.substring(done, matcher.start()), out);
                write("[secret " + names.get(matcher.group()) + "]", out);
                done = matcher.end();
            }
            write(held.substring(done, Math.max(done, safe)), out);
            held.delete(0, Math.max(done, safe));
        }
    }

    /** A text without the secrets. */
    public String redacted(String text) {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            copy(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), out);
            return out.toString(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(String text, OutputStream out) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
