package dev.godwit.activities.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Stands on a free port in front of a real server and fails as networks do. What befalls a connection is decided when it is
 * accepted: by {@link #next} for the next ones, else by {@link #each} or {@link #random}. What befalls all that are open is
 * said by {@link #closeAll}, {@link #resetAll}, {@link #goAway} and {@link #stall}.
 *
 * <p>With one seed, and connections made one after the other, the same faults happen after the same bytes.
 */
public final class FaultProxy implements AutoCloseable {
    private final InetSocketAddress server;
    private final Deque<Fault> next = new ArrayDeque<>();
    private final Set<ProxiedConnection> open = ConcurrentHashMap.newKeySet();
    /** Bound and never listening: nobody else gets the port while the proxy is away. */
    private final Socket reservation = new Socket();
    private Supplier<Fault> rule = () -> Fault.NONE;
    private ServerSocket listener;
    private boolean stalled;
    private int accepted;
    private int faulty;

    private Optional<Words> heldAfter = Optional.empty();
    private int held;
    private int releases;

    /** What a client says first, and what it says before it is held up. */
    record Words(String first, String then) {}

    private FaultProxy(InetSocketAddress server) throws IOException {
        this.server = server;
        reservation.setReuseAddress(true);
        reservation.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        listen();
    }

    /** A proxy that passes everything until it is told otherwise. */
    public static FaultProxy inFrontOf(String host, int port) {
        try {
            return new FaultProxy(new InetSocketAddress(host, port));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The port to connect to, on localhost (127.0.0.1). */
    public int port() {
        return reservation.getLocalPort();
    }

    /** The next connections have these faults, one each, in this order. */
    public synchronized FaultProxy next(Fault... faults) {
        next.addAll(List.of(faults));
        return this;
    }

    /** From now on every new connection has this fault; {@link Fault#NONE} makes an end of it. */
    public synchronized FaultProxy each(Fault fault) {
        rule = () -> fault;
        return this;
    }

    /**
     * From now on new connections have one of these faults at random.
     *
     * @param share how many of them have one, from 0 to 1
     * @param mostBytes a fault that ends a connection does so after a random number of bytes below its own
     */
    public synchronized FaultProxy random(long seed, double share, Fault... faults) {
        Random random = new Random(seed);
        rule = () -> {
            // The same number of draws for every connection, so that one does not shift the others' luck.
            boolean spared = random.nextDouble() >= share;
            Fault fault = faults[random.nextInt(faults.length)];
            double when = random.nextDouble();
            if (spared) {
                return Fault.NONE;
            }
            return fault.ends()
                    ? new Fault(fault.kind(), fault.direction(), (long) (when * fault.afterBytes()), fault.delay(), 0)
                    : fault;
        };
        return this;
    }

    /** Closes every open connection, as a server does that ends. */
    public void closeAll() {
        open.forEach(connection -> connection.end(false));
    }

    /** Resets every open connection (RST). */
    public void resetAll() {
        open.forEach(connection -> connection.end(true));
    }

    /** Nothing passes any more on any connection, open or new, and nobody is told; until {@link #flow}. */
    public synchronized void stall() {
        stalled = true;
    }

    /** Everything passes again. */
    public synchronized void flow() {
        stalled = false;
        notifyAll();
    }

    /** Resets every open connection and refuses new ones. */
    public void goAway() {
        synchronized (this) {
            stopListening();
        }
        resetAll();
    }

    /** Accepts connections again, on the same port. */
    public synchronized void comeBack() {
        if (listener.isClosed()) {
            try {
                listen();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /**
     * From now on a client that has said the one and later the other is held up with the next that it says, and all after that;
     * until {@link #release}. Both must be what a client sends at once.
     */
    public synchronized FaultProxy holdAfter(String first, String then) {
        heldAfter = Optional.of(new Words(first, then));
        return this;
    }

    /** No more clients are held up; those that are, stay so. */
    public synchronized FaultProxy holdNoMore() {
        heldAfter = Optional.empty();
        return this;
    }

    /** How many clients are held up. */
    public synchronized int held() {
        return held;
    }

    /** What the clients said that are held up arrives. */
    public synchronized void release() {
        held = 0;
        releases++;
        notifyAll();
    }

    /** How many connections were accepted. */
    public synchronized int accepted() {
        return accepted;
    }

    /** How many of them were given a fault. */
    public synchronized int faulty() {
        return faulty;
    }

    /** How many are open. */
    public int open() {
        return open.size();
    }

    @Override
    public void close() {
        goAway();
        flow();
        release();
        try {
            reservation.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void listen() throws IOException {
        ServerSocket socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()), 100);
        listener = socket;
        Thread.ofVirtual().name("proxy " + port()).start(() -> accept(socket));
    }

    private void stopListening() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept(ServerSocket socket) {
        while (!socket.isClosed()) {
            try {
                begin(socket, socket.accept());
            } catch (IOException e) {
                continue; // It went away; or it was the client that did.
            }
        }
    }

    /** Under the lock, so that a connection is either seen by {@link #goAway} or refused. */
    private synchronized void begin(ServerSocket socket, Socket client) throws IOException {
        if (socket.isClosed()) {
            client.setSoLinger(true, 0);
            client.close();
            return;
        }
        Fault fault = next.isEmpty() ? rule.get() : next.poll();
        accepted++;
        if (fault.kind() != Fault.Kind.NONE) {
            faulty++;
        }
        ProxiedConnection connection = new ProxiedConnection(client, fault, this);
        open.add(connection);
        connection.begin(server);
    }

    void ended(ProxiedConnection connection) {
        open.remove(connection);
    }

    /** The words after which clients are held up. */
    synchronized Optional<Words> heldAfter() {
        return heldAfter;
    }

    /** Waits until it is released. */
    synchronized void hold() throws InterruptedException {
        held++;
        int before = releases;
        while (releases == before) {
            wait();
        }
    }

    /** Waits while nothing may pass. */
    synchronized void awaitFlow() throws InterruptedException {
        while (stalled) {
            wait();
        }
    }
}
