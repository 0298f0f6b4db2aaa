package dev.godwit.worker;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.OptionalLong;

/** Watches how much of the heap is alive: collects garbage every half second and keeps the greatest rest. */
final class LiveHeap implements AutoCloseable {
    private static final long INTERVAL_MILLIS = 500;

    private final Thread watcher;
    private volatile long peak;

    private LiveHeap(boolean watching) {
        watcher = watching ? Thread.ofPlatform().daemon().name("live-heap").start(this::sample) : null;
    }

    static LiveHeap watch() {
        return new LiveHeap(true);
    }

    static LiveHeap none() {
        return new LiveHeap(false);
    }

    /** In bytes; empty if nobody watches. */
    OptionalLong peak() {
        return watcher == null ? OptionalLong.empty() : OptionalLong.of(peak);
    }

    private void sample() {
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        while (!Thread.currentThread().isInterrupted()) {
            memory.gc();
            peak = Math.max(peak, memory.getHeapMemoryUsage().getUsed());
            try {
                Thread.sleep(INTERVAL_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    @Override
    public void close() {
        if (watcher != null) {
            watcher.interrupt();
        }
    }
}
