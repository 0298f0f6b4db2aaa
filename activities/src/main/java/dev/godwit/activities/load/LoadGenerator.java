package dev.godwit.activities.load;

import dev.godwit.activities.resource.HttpEndpoint;
import dev.godwit.step.StepFailure;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;

/**
 * Virtual users of a service, over HTTP/1.1 with connections that are kept. Redirects are answers, and are not followed. It
 * stands on Netty because of what a generator on the machine of its service may cost: with 100 users and nginx on the same
 * two processors it made as many requests a second as wrk did, Apache's HttpCore on virtual threads half and the JDK's
 * client an eighth of that.
 *
 * <p>Times in the open model count from when a request was due, so that a service that stalls is charged with all that
 * would have been asked meanwhile (no coordinated omission). For that to be the service's doing alone, a request goes to
 * whichever loop has a user to spare. Times of the closed model count from when the user asked.
 */
public final class LoadGenerator implements AutoCloseable {
    private static final int MOST_LOOPS = 8;
    private static final long GLANCE_MILLIS = 100;

    private final Load load;
    private final EventLoopGroup group;
    private final List<UserLoop> loops = new ArrayList<>();
    private final LongAdder answered = new LongAdder();

    /** Users that have not begun; no connection is opened yet. */
    public LoadGenerator(HttpEndpoint endpoint, Load load) {
        this.load = load;
        Wire wire = new Wire(endpoint, load.all());
        int count = Math.min(Math.min(MOST_LOOPS, Runtime.getRuntime().availableProcessors()), load.users());
        group = new MultiThreadIoEventLoopGroup(count, new DefaultThreadFactory("load", true),
                NioIoHandler.newFactory());
        Bootstrap bootstrap = new Bootstrap().channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) endpoint.connect().toMillis())
                .remoteAddress(wire.address());
        for (int number = 0; number < count; number++) {
            loops.add(new UserLoop(group.next(), bootstrap, wire, load, number, count, answered, this::wakeIdle));
        }
    }

    /**
     * Lets the users do their work once; they keep their connections for the next time.
     *
     * @param ramp until all users are there, or the rate is reached; requests that begin in it do not count
     * @param time for how long after that requests begin
     * @param whileWaiting gets the number of answers a few times a second; what it throws ends the load
     */
    public Tally run(Duration ramp, Duration time, LongConsumer whileWaiting) throws InterruptedException {
        long begin = System.nanoTime();
        long full = begin + ramp.toNanos();
        Window window = new Window(begin, full, full + time.toNanos());
        Optional<DueRequests> requests = load.rate().map(rate -> new DueRequests(window, rate));
        List<CompletableFuture<Tally>> ends = loops.stream().map(loop -> loop.start(window, requests)).toList();
        CompletableFuture<Void> all = CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new));
        Thread pacer = Thread.ofPlatform()
                .daemon()
                .name("load-pacer")
                .unstarted(() -> pace(requests.orElseThrow(), window));
        if (requests.isPresent()) {
            pacer.start();
        }
        try {
            while (!isDone(all)) {
                whileWaiting.accept(answered.sum());
            }
        } finally {
            pacer.interrupt();
        }
        Tally sum = new Tally(load.all().size());
        ends.forEach(end -> sum.add(end.join()));
        requests.map(DueRequests::rest).filter(unsent -> unsent > 0).ifPresent(sum::unsent);
        return sum;
    }

    /** A clock of its own: event loops wake up by whole milliseconds. */
    private void pace(DueRequests requests, Window window) {
        for (long n = 0; !Thread.currentThread().isInterrupted(); n++) {
            long due = requests.due(n);
            if (window.over(due)) {
                return;
            }
            for (long left = due - System.nanoTime(); left > 0
                    && !Thread.currentThread().isInterrupted(); left = due - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            wakeIdle(n);
        }
    }

    /**
     * Wakes a loop with a user to spare. If there is none, the next user that is free looks by itself.
     *
     * @param first which loop is asked first
     */
    private void wakeIdle(long first) {
        for (int i = 0; i < loops.size(); i++) {
            UserLoop loop = loops.get((int) ((first + i) % loops.size()));
            if (loop.hasIdle()) {
                loop.wake();
                return;
            }
        }
    }

    private static boolean isDone(CompletableFuture<Void> all) throws InterruptedException {
        try {
            all.get(GLANCE_MILLIS, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw StepFailure.internal("load-failed", "a virtual user failed: " + e.getCause()).causedBy(e.getCause());
        }
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
