package dev.godwit.activities.resource;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A place in a bucket where a run may write. */
public interface WritableBucket extends ReadableBucket {
    /** How large a part of an upload is at least, but for the last. */
    int PART = 8 << 20;

    /** How many parts an upload has at most. */
    int MOST_PARTS = 10_000;

    /**
     * Puts an object where there is none.
     *
     * @return false if there is one
     */
    boolean putNew(String key, Map<String, String> metadata, byte[] content, int length) throws IOException;

    /** Begins to put a large object, in parts. */
    Upload upload(String key, Map<String, String> metadata) throws IOException;

    /** Removes objects; fine if they are not there. */
    void delete(List<String> keys) throws IOException;

    /** Ends uploads under a prefix that were left half-way: what they had is paid for as long as they are there. */
    void abortUploads(String prefix) throws IOException;

    /** Removes everything under a prefix, uploads that were left half-way too. */
    default void deleteAll(String prefix) throws IOException {
        abortUploads(prefix);
        List<String> keys = new ArrayList<>();
        // A page of keys at a time, and from the beginning again: those before are gone.
        do {
            keys.clear();
            first(prefix, keys::add);
            delete(keys);
        } while (!keys.isEmpty());
    }

    /** An object on its way. Closing it before it is finished leaves nothing of it. */
    interface Upload extends AutoCloseable {
        void part(byte[] content, int length) throws IOException;

        /** @return false if there is an object under the key by now */
        boolean finishNew() throws IOException;

        @Override
        void close();
    }
}
