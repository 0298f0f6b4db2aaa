package dev.godwit.activities.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;

/**
 * The users of one event loop. All but {@link #start}, {@link #wake} and {@link #hasIdle} is done there. In the open model
 * they take what is due, whoever was woken for it.
 */
final class UserLoop {
    /** So that a service that refuses connections is not flooded with further ones. */
    private static final long AFTER_NO_ANSWER = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long SWEEP_MILLIS = 10;

    private final EventLoop loop;
    private final Bootstrap bootstrap;
    private final Wire wire;
    private final Load load;
    private final List<LoadRequest> all;
    private final int number;
    private final int loops;
    private final List<VirtualUser> users = new ArrayList<>();
    private final Deque<VirtualUser> idle = new ArrayDeque<>();
    private final AtomicBoolean woken = new AtomicBoolean();
    private final LongAdder progress;
    private final LongConsumer wakeIdle;
    private final int weights;
    private final int[] credits;
    private Window window;
    private Tally tally;
    private Optional<DueRequests> requests = Optional.empty();
    private volatile boolean hasIdle;
    private long inTime;
    private int active;
    private boolean dispatching;
    private CompletableFuture<Tally> end;

    /**
     * @param wire how requests look on it
     * @param number of this loop, from 0
     * @param loops how many there are
     * @param progress counts the answers of all loops
     * @param wakeIdle wakes a loop with a user to spare; given which is asked first
     */
    UserLoop(EventLoop loop, Bootstrap bootstrap, Wire wire, Load load, int number, int loops, LongAdder progress,
            LongConsumer wakeIdle) {
        this.loop = loop;
        this.bootstrap = bootstrap.clone(loop);
        this.wire = wire;
        this.load = load;
        this.all = load.all();
        this.number = number;
        this.loops = loops;
        this.progress = progress;
        this.wakeIdle = wakeIdle;
        this.weights = load.requests().stream().mapToInt(LoadRequest::weight).sum();
        this.credits = new int[load.requests().size()];
        for (int user = number; user < load.users(); user += loops) {
            users.add(new VirtualUser(this, user));
        }
    }

    /**
     * Begins a stretch of load; what comes of it is told when the last answer is there, or is given up.
     *
     * @param due what all loops together ask in the open model
     */
    CompletableFuture<Tally> start(Window stretch, Optional<DueRequests> due) {
        CompletableFuture<Tally> told = new CompletableFuture<>();
        loop.execute(() -> {
            end = told;
            requests = due;
            guarded(() -> begin(stretch));
        });
        return told;
    }

    /** In the open model, something is due. */
    void wake() {
        if (woken.compareAndSet(false, true)) {
            loop.execute(() -> {
                woken.set(false);
                guarded(this::dispatch);
            });
        }
    }

    /** In the open model, whether a user has nothing to do. */
    boolean hasIdle() {
        return hasIdle;
    }

    /** Ends all connections. */
    void leave() {
        users.forEach(VirtualUser::leave);
    }

    LoadRequest request(int index) {
        return all.get(index);
    }

    /** Whether something may follow from an answer, so that its content is wanted. */
    boolean mayFollow(int index) {
        return all.get(index).then().isPresent();
    }

    /** Lets a user ask what follows from its answer; false if nothing does, or it is too late for that. */
    boolean follow(VirtualUser user, int index, byte[] content) {
        long now = System.nanoTime();
        Optional<String> path = window.over(now) ? Optional.empty() : all.get(index).then().orElseThrow().path(content);
        if (path.isEmpty()) {
            return false;
        }
        int before = (int) all.subList(0, index).stream().filter(request -> request.then().isPresent()).count();
        user.ask(load.requests().size() + before, wire.target(path.get()), now);
        return true;
    }

    /** @param target the address of a request that follows from an answer; else empty */
    FullHttpRequest message(int index, String target) {
        return wire.message(index, target);
    }

    Tally tally() {
        return tally;
    }

    long within() {
        return load.within().toNanos();
    }

    ChannelFuture connect(ChannelHandler answers) {
        return bootstrap.clone().handler(new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel channel) {
                ChannelPipeline pipeline = channel.pipeline();
                wire.encryption(channel).ifPresent(pipeline::addLast);
                pipeline.addLast(new HttpClientCodec(), answers);
            }
        }).connect();
    }

    /** Takes down what became of a request, and answers whether it counts. */
    boolean ended(int request, long from, long now, String error) {
        progress.increment();
        if (!window.counts(from)) {
            tally.ramp(error.isEmpty());
            return false;
        }
        if (error.isEmpty()) {
            tally.good(request, now - from);
            inTime += window.over(now) ? 0 : 1;
        } else {
            tally.bad(request, error, 1);
        }
        return true;
    }

    /** A user is free again. */
    void next(VirtualUser user, String error) {
        active--;
        if (requests.isPresent()) {
            if (!window.over(System.nanoTime())) { // Who is free only then has come too late for what was due.
                idle.push(user); // The last one is taken first, as pools of connections do.
                hasIdle = true;
                dispatch();
            }
            endIfOver();
            return;
        }
        long now = System.nanoTime();
        if (window.over(now)) {
            retire(user, now);
            endIfOver();
            return;
        }
        active++;
        long pause = load.think().none() ? 0 : load.think().nanos(user.random());
        if (!error.isEmpty() && !user.wasAnswered()) {
            pause = Math.max(pause, AFTER_NO_ANSWER);
        }
        if (pause == 0) {
            user.ask(choose(), now);
        } else {
            later(user, pause);
        }
    }

    private void begin(Window stretch) {
        window = stretch;
        tally = new Tally(all.size());
        inTime = 0;
        idle.clear();
        users.forEach(VirtualUser::begin);
        if (requests.isPresent()) {
            idle.addAll(users);
            hasIdle = true;
            dispatch(); // Nobody woke a loop that had not begun.
        } else {
            active = users.size();
            for (int i = 0; i < users.size(); i++) {
                long wait = stretch.arrival(number + i * loops, load.users()) - System.nanoTime();
                later(users.get(i), Math.max(0, wait));
            }
        }
        loop.schedule(() -> guarded(this::sweep), SWEEP_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** A user that is asleep counts as active. */
    private void later(VirtualUser user, long nanos) {
        loop.schedule(() -> guarded(() -> {
            long now = System.nanoTime();
            if (window.over(now)) {
                active--;
                retire(user, window.end());
                endIfOver();
            } else {
                user.ask(choose(), now);
            }
        }), Math.min(nanos, Math.max(0, window.end() - System.nanoTime())), TimeUnit.NANOSECONDS);
    }

    /** Each user's own rate: unlike a count within the time, it does not jump by whole answers where these are slow. */
    private void retire(VirtualUser user, long now) {
        if (now - window.full() > 0) {
            tally.throughput(user.good() * 1e9 / (now - window.full()));
        }
    }

    private void dispatch() {
        if (dispatching || end.isDone()) {
            return;
        }
        dispatching = true;
        DueRequests due = requests.orElseThrow();
        while (!idle.isEmpty()) {
            long taken = due.take(System.nanoTime());
            if (taken == DueRequests.NONE) {
                break;
            }
            VirtualUser user = idle.pop();
            hasIdle = !idle.isEmpty();
            active++;
            user.ask(choose(), due.due(taken));
        }
        dispatching = false;
        if (idle.isEmpty() && due.waits(System.nanoTime())) {
            wakeIdle.accept(number + 1); // This loop was woken for more than it has users.
        }
    }

    private void sweep() {
        long now = System.nanoTime();
        users.forEach(user -> user.sweep(now));
        endIfOver();
        if (!end.isDone()) {
            loop.schedule(() -> guarded(this::sweep), SWEEP_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void endIfOver() {
        if (end.isDone() || !window.over(System.nanoTime())) {
            return;
        }
        if (requests.isPresent()) {
            dispatch(); // What was due in the last moment, for those who were free then.
        }
        if (active > 0) {
            return;
        }
        if (requests.isPresent()) {
            tally.throughput(inTime * 1e9 / (window.end() - window.full()));
        }
        end.complete(tally);
    }

    /** What an event loop is given to do may fail without anybody being told. */
    private void guarded(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException | Error e) {
            end.completeExceptionally(e);
        }
    }

    /** Smoothly by weight: in any stretch of requests each has its share, so that rounds are alike. */
    private int choose() {
        int chosen = 0;
        for (int i = 0; i < credits.length; i++) {
            credits[i] += load.requests().get(i).weight();
            chosen = credits[i] > credits[chosen] ? i : chosen;
        }
        credits[chosen] -= weights;
        return chosen;
    }
}
