package dev.godwit.activities.faults;

import dev.godwit.activities.faults.Fault.Direction;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** One connection through a {@link FaultProxy}, with its fault. */
final class ProxiedConnection {
    private static final int BUFFER = 1 << 14;
    /** So that a slow connection is slow evenly, and not in one long wait. */
    private static final int SLICES_A_SECOND = 50;

    private final Socket client;
    private final Socket server = new Socket();
    private final Fault fault;
    private final FaultProxy proxy;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final CountDownLatch end = new CountDownLatch(1);
    private volatile boolean silent;
    private boolean saidFirst;
    private boolean saidBoth;

    ProxiedConnection(Socket client, Fault fault, FaultProxy proxy) {
        this.client = client;
        this.fault = fault;
        this.proxy = proxy;
        silent = fault.kind() == Fault.Kind.SILENCE && fault.afterBytes() == 0;
    }

    void begin(InetSocketAddress address) {
        Thread.ofVirtual().name("connection " + client.getPort()).start(() -> {
            try {
                client.setTcpNoDelay(true);
                server.connect(address);
                server.setTcpNoDelay(true);
            } catch (IOException e) {
                end(true);
                return;
            }
            Thread.ofVirtual().start(() -> pass(client, server, Direction.TO_SERVER));
            pass(server, client, Direction.TO_CLIENT);
        });
    }

    /** Ends it for both sides. */
    void end(boolean reset) {
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        end.countDown();
        proxy.ended(this);
        for (Socket socket : new Socket[]{client, server}) {
            try (socket) {
                if (reset) {
                    socket.setSoLinger(true, 0);
                }
            } catch (IOException e) {
                continue; // It is closed, which is all that is wanted.
            }
        }
    }

    private void pass(Socket from, Socket to, Direction direction) {
        boolean suffers = fault.direction() == direction;
        long passed = 0;
        byte[] buffer = new byte[BUFFER];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            while (true) {
                long left = suffers && fault.ends() ? fault.afterBytes() - passed : Long.MAX_VALUE;
                if (left <= 0) {
                    strike();
                    return;
                }
                int read = in.read(buffer, 0, (int) Math.min(most(suffers), left));
                proxy.awaitFlow();
                if (silent) {
                    end.await();
                    return;
                }
                if (read < 0) {
                    to.shutdownOutput();
                    endIfBothAreDone();
                    return;
                }
                if (direction == Direction.TO_SERVER) {
                    holdUp(buffer, read);
                }
                slowDown(suffers, read);
                out.write(buffer, 0, read);
                passed += read;
            }
        } catch (IOException e) {
            end(true);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            end(true);
        }
    }

    private void holdUp(byte[] buffer, int read) throws InterruptedException {
        Optional<FaultProxy.Words> words = proxy.heldAfter();
        if (words.isEmpty()) {
            return;
        }
        if (saidBoth) {
            saidBoth = false;
            proxy.hold();
        }
        String said = new String(buffer, 0, read, StandardCharsets.ISO_8859_1);
        saidBoth = saidFirst && said.contains(words.get().then());
        saidFirst |= said.contains(words.get().first());
    }

    private void endIfBothAreDone() {
        if (client.isOutputShutdown() && server.isOutputShutdown()) {
            end(false);
        }
    }

    private int most(boolean suffers) {
        return suffers && fault.kind() == Fault.Kind.THROTTLE
                ? Math.clamp(fault.bytesPerSecond() / SLICES_A_SECOND, 1, BUFFER)
                : BUFFER;
    }

    private void slowDown(boolean suffers, int read) throws InterruptedException {
        if (!suffers) {
            return;
        }
        long nanos = switch (fault.kind()) {
            case DELAY -> fault.delay().toNanos();
            case THROTTLE -> TimeUnit.SECONDS.toNanos(1) * read / fault.bytesPerSecond();
            case NONE, CLOSE, RESET, SILENCE -> 0;
        };
        if (nanos > 0 && end.await(nanos, TimeUnit.NANOSECONDS)) {
            throw new InterruptedException("the connection ended");
        }
    }

    private void strike() throws InterruptedException {
        switch (fault.kind()) {
            case CLOSE -> end(false);
            case RESET -> end(true);
            case SILENCE -> {
                silent = true;
                end.await();
            }
            case NONE, DELAY, THROTTLE -> throw new IllegalStateException("does not end a connection: " + fault);
        }
    }
}
