package dev.godwit.activities.backup;

import dev.godwit.activities.files.BlockOutput;
import dev.godwit.activities.host.DurableFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Writes a large file past the page cache. Copying a gigabyte there, only to have it written to disk and read back from
 * memory, costs as much of a processor as a third of its compression; and what is read back for a proof is then what the
 * disk has.
 */
final class DirectOutput extends BlockOutput {
    private final Path file;
    private final FileChannel channel;
    private final int blockOfDisk;
    private boolean closed;

    private DirectOutput(Path file, DirectFile direct) {
        super(direct.buffer());
        this.file = file;
        this.channel = direct.channel();
        this.blockOfDisk = direct.block();
    }

    /** Of a new file; empty where the file system, or the JVM, knows no such way. */
    static Optional<OutputStream> create(Path file) throws IOException {
        Optional<DirectFile> opened = DirectFile.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        if (opened.isEmpty()) {
            Files.deleteIfExists(file);
        }
        return opened.map(direct -> new DirectOutput(file, direct));
    }

    @Override
    protected void pass(ByteBuffer full) throws IOException {
        try {
            while (full.hasRemaining()) {
                channel.write(full);
            }
        } catch (IOException failure) {
            throw DurableFiles.naming(file, failure);
        }
    }

    /** Whole blocks only can be written: the last one is filled up, and cut off again. */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try (channel) {
            long size = channel.position() + block.position();
            while (block.position() % blockOfDisk != 0) {
                block.put((byte) 0);
            }
            pass();
            channel.truncate(size);
        }
    }
}
