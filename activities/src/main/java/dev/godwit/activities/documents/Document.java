package dev.godwit.activities.documents;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.godwit.json.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/** A file read as a document: what it holds, or why it is corrupt. */
sealed interface Document {
    /** Larger files are not documents of a kind that fits into memory as a tree. */
    long LIMIT = 128L * 1024 * 1024;

    int MOST_LOOKS = 50;
    Duration YOUNG = Duration.ofSeconds(1);
    Duration MOMENT = Duration.ofMillis(20);
    /** What the decoder puts where bytes are not UTF-8. */
    char REPLACEMENT = '\ufffd';
    /** Keys that are there twice are noticed by the tree, which costs less than by the parser. */
    ObjectReader READER = JsonMapper
            .builder(Json.mapper().getFactory().copy().disable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION))
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS, DeserializationFeature.FAIL_ON_TRAILING_TOKENS,
                    DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build()
            .reader();

    DocumentFile file();

    /**
     * A document that can be read.
     *
     * @param size in bytes, as it was read
     */
    record Sound(DocumentFile file, JsonNode tree, long size) implements Document {}

    /** A document that cannot be read. */
    record Corrupt(DocumentFile file, CorruptFile why) implements Document {}

    /** Reads a document. It must be UTF-8, one JSON value of the shape, without duplicate keys, and end where its value ends. */
    static Document read(DocumentFile file, Shape shape) {
        if (file.line().isPresent()) {
            DocumentFile.Line line = file.line().get();
            return line.fault().isPresent()
                    ? corrupt(file, 1, 0, line.fault().get())
                    : parse(file, line.text(), shape);
        }
        Look before = file.look();
        for (int look = 1;; look++) {
            Document document = readOnce(file, shape);
            if (document instanceof Sound || look == MOST_LOOKS || !before.isFollowedByAChange(file.path())) {
                return document;
            }
            before = Look.at(file.path());
        }
    }

    /**
     * How a file looked. Who writes in place leaves it empty or half-written for a moment, so that a corrupt document that
     * changes is looked at again.
     */
    record Look(long size, Instant modified) {
        /** What is not there, or is no file. */
        static final Look NOWHERE = new Look(-1, Instant.EPOCH);

        static Look at(Path file) {
            try {
                return of(Files.readAttributes(file, BasicFileAttributes.class));
            } catch (IOException e) {
                return NOWHERE;
            }
        }

        static Look of(BasicFileAttributes attributes) {
            return new Look(attributes.size(), attributes.lastModifiedTime().toInstant());
        }

        boolean isFollowedByAChange(Path file) {
            if (modified.isBefore(Instant.now().minus(YOUNG))) {
                return !equals(at(file));
            }
            try {
                Thread.sleep(MOMENT.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
            return !equals(at(file));
        }
    }

    private static Document readOnce(DocumentFile file, Shape shape) {
        if (file.size() > LIMIT) {
            return corrupt(file, 0, 0, "it is larger than " + LIMIT / (1024 * 1024) + " MiB");
        }
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file.path());
        } catch (AccessDeniedException e) {
            return corrupt(file, 0, 0, "it cannot be read: permission denied");
        } catch (NoSuchFileException e) {
            boolean link = Files.isSymbolicLink(file.path());
            return corrupt(file, 0, 0, link ? "it is a link to nothing" : "it went away while it was read");
        } catch (IOException e) {
            return corrupt(file, 0, 0,
                    Files.isDirectory(file.path()) ? "it is a directory" : "it cannot be read: " + e.getMessage());
        }
        return parse(file, bytes, shape);
    }

    private static Document parse(DocumentFile file, byte[] bytes, Shape shape) {
        Optional<JsonNode> tree = quickly(bytes);
        return tree.isPresent() && shape.fits(tree.get())
                ? new Sound(file, tree.get(), bytes.length)
                : strictly(file, bytes, shape);
    }

    /** Reads what is beyond doubt; empty where a closer look has to tell whether there is a fault, and where. */
    private static Optional<JsonNode> quickly(byte[] bytes) {
        // A zero or a mark among the first bytes could be taken for another encoding than UTF-8.
        for (int i = 0; i < 4; i++) {
            if (i == bytes.length || bytes[i] <= 0) {
                return Optional.empty();
            }
        }
        if (new String(bytes, StandardCharsets.UTF_8).indexOf(REPLACEMENT) >= 0) {
            return Optional.empty();
        }
        try {
            return Optional.of(READER.readTree(bytes)).filter(tree -> !tree.isMissingNode());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Document strictly(DocumentFile file, byte[] bytes, Shape shape) {
        CharBuffer text = CharBuffer.allocate(bytes.length);
        ByteBuffer rest = ByteBuffer.wrap(bytes);
        CoderResult decoded = StandardCharsets.UTF_8.newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT)
                .decode(rest, text, true);
        text.flip();
        if (decoded.isError()) {
            int line = 1;
            int column = 1;
            for (int i = 0; i < text.length(); i++) {
                column = text.charAt(i) == '\n' ? 1 : column + 1;
                line += text.charAt(i) == '\n' ? 1 : 0;
            }
            return corrupt(file, line, column,
                    "byte 0x%02x is not UTF-8".formatted(bytes[rest.position()] & 0xff));
        }
        if (text.length() > 0 && text.charAt(0) == '\ufeff') {
            text.get();
        }
        if (text.toString().isBlank()) {
            return corrupt(file, 0, 0, "it is empty");
        }
        JsonNode tree;
        try {
            tree = Json.mapper().readTree(text.toString());
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
            int column = e.getLocation() == null ? 0 : e.getLocation().getColumnNr();
            return corrupt(file, line, column, reason(e));
        }
        if (!shape.fits(tree)) {
            return corrupt(file, 1, 1,
                    "it is " + named(tree.getNodeType().toString()) + " where an " + shape + " is expected");
        }
        return new Sound(file, tree, bytes.length);
    }

    private static Corrupt corrupt(DocumentFile file, int line, int column, String reason) {
        // A line has no line break in it, so its own lines count as 1.
        long number = file.line().map(DocumentFile.Line::number).orElse((long) line);
        return new Corrupt(file, new CorruptFile(file.name(), number, column, reason));
    }

    private static String reason(JsonProcessingException e) {
        if (e instanceof JsonEOFException) {
            return "it ends in the middle; is it truncated?";
        }
        String message = String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("it is not JSON");
        int advice = message.indexOf(": enable ");
        String plain = advice < 0 ? message : message.substring(0, advice);
        return plain.startsWith("Duplicate field") ? plain.replace("Duplicate field", "duplicate key") : plain;
    }

    private static String named(String type) {
        String name = type.toLowerCase(Locale.ROOT);
        return name.matches("[aeiou].*") ? "an " + name : name.equals("null") ? "null" : "a " + name;
    }
}
