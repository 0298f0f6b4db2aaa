package dev.godwit.activities.resource;

import dev.godwit.plan.Location;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** A place in a bucket. Keys are relative to it. Safe for use by several threads. */
public interface ReadableBucket {
    /**
     * What a bucket says of an object.
     *
     * @param metadata what whoever put it there said of it
     */
    record Stored(long size, Map<String, String> metadata) {}

    /** How the plan names it. */
    Location location();

    /** How long a whole key is, in bytes; a bucket takes {@value #LONGEST_KEY}. */
    int keyLength(String key);

    int LONGEST_KEY = 1024;

    /** What there is under a key. */
    Optional<Stored> find(String key) throws IOException;

    /**
     * Reads an object.
     *
     * @throws NoSuchFileException if there is none
     */
    InputStream open(String key) throws IOException;

    /** What comes directly below this place, up to the next slash. */
    List<String> directories() throws IOException;

    /** Gives the first keys that begin with a prefix, a thousand at most. */
    void first(String prefix, Consumer<String> keys) throws IOException;
}
