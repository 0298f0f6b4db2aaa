package dev.godwit.activities.backup;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/** A backup that is being made. Safe for use by several threads. */
interface NewBackup extends AutoCloseable {
    /** Under which name the store knows it for now. */
    String name();

    /** Makes a directory of the tree. */
    void directory(Entry directory) throws IOException;

    /** Puts a link, or a further name of a file, into the tree. */
    void name(Entry entry) throws IOException;

    /** Whether an earlier attempt has copied this file, as it is; what it left half-way is removed. */
    boolean has(String path, FileFacts facts) throws IOException;

    /** Removes what an earlier attempt has copied. */
    void remove(String path) throws IOException;

    /** Begins to copy a file. */
    Copy copy(String path, FileFacts facts) throws IOException;

    /** Writes something else of the backup; closing the stream ends it. */
    OutputStream create(String name) throws IOException;

    /** Reads something of it. */
    InputStream open(String name) throws IOException;

    /** Begins to bring to disk what was written so far; {@link Settling#await} returns when it is there. */
    Settling settle() throws IOException;

    /** Gives it its name. It is whole now, and not complete before {@link #complete}. */
    void publish() throws IOException;

    /** Says that it is complete; the last of all. */
    void complete(Complete complete) throws IOException;

    /** Removes what there is of it. */
    void discard() throws IOException;

    @Override
    void close() throws IOException;

    /** Waits for the disk. */
    interface Settling {
        void await() throws IOException;
    }

    /** A copy that is being written. Closing it before it is finished leaves nothing of it, or something half-way. */
    interface Copy extends AutoCloseable {
        /** Where nothing is written: for what is only read. */
        Copy NOWHERE = new Copy() {
            @Override
            public void write(ByteBuffer bytes) {}

            @Override
            public void skip(ByteBuffer zeros) {}

            @Override
            public void restart() {}

            @Override
            public Optional<Instant> finish(Path file, FileFacts facts, String sha256) {
                return Optional.empty();
            }

            @Override
            public void close() {}
        };

        void write(ByteBuffer bytes) throws IOException;

        /** Leaves out bytes that are all zero, where the store can. */
        void skip(ByteBuffer zeros) throws IOException;

        /** Begins again, because the file changed. */
        void restart() throws IOException;

        /**
         * Ends it.
         *
         * @param file which was copied
         * @return when the copy last changed, if the store can tell
         */
        Optional<Instant> finish(Path file, FileFacts facts, String sha256) throws IOException;

        @Override
        void close() throws IOException;
    }
}
