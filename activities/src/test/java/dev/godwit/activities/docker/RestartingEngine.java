package dev.godwit.activities.docker;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The way to this machine's engine, on which it can be away as while it is restarted; containers live on meanwhile. */
final class RestartingEngine implements AutoCloseable {
    private static final UnixDomainSocketAddress ENGINE = UnixDomainSocketAddress.of("/var/run/docker.sock");

    private final ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger refused = new AtomicInteger();
    private volatile boolean away;

    RestartingEngine(Path socket) throws IOException {
        listener.bind(UnixDomainSocketAddress.of(socket));
        Thread.ofVirtual().start(this::accept);
    }

    void away() throws IOException {
        away = true;
        for (SocketChannel channel : open) {
            channel.close();
        }
    }

    void back() {
        away = false;
    }

    /** How often it was asked while it was away. */
    int refused() {
        return refused.get();
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel client = listener.accept();
                if (away) {
                    client.close();
                    refused.incrementAndGet();
                } else {
                    SocketChannel engine = SocketChannel.open(ENGINE);
                    open.add(client);
                    open.add(engine);
                    Thread.ofPlatform().daemon().start(() -> copy(client, engine));
                    Thread.ofPlatform().daemon().start(() -> copy(engine, client));
                }
            }
        } catch (IOException e) {
            // The test is over.
        }
    }

    private void copy(SocketChannel from, SocketChannel to) {
        ByteBuffer buffer = ByteBuffer.allocate(8192);
        try (from; to) {
            while (from.read(buffer.clear()) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    to.write(buffer);
                }
            }
        } catch (IOException e) {
            // One of them has hung up.
        } finally {
            open.remove(from);
            open.remove(to);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        away();
    }
}
