package dev.godwit.activities.host;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Looks again and again, each time after a collection, how much of the heap is alive. */
public final class LiveHeap implements AutoCloseable {
    private static final long INTERVAL_MILLIS = 50;

    private final MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    private final List<MemoryPoolMXBean> heap = ManagementFactory.getMemoryPoolMXBeans()
            .stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP && pool.getCollectionUsage() != null)
            .toList();
    private final long before = alive();
    private volatile long most;
    private final CountDownLatch ended = new CountDownLatch(1);

    public LiveHeap() {
        Thread.ofPlatform().daemon().start(this::sample);
    }

    private void sample() {
        try {
            do {
                most = Math.max(most, alive());
            } while (!ended.await(INTERVAL_MILLIS, TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** As the collection itself has found it: by now there is garbage again. */
    private long alive() {
        memory.gc();
        return heap.stream().mapToLong(pool -> pool.getCollectionUsage().getUsed()).sum();
    }

    /** How much more was alive at most than at the beginning. */
    public long peak() {
        return most - before;
    }

    @Override
    public void close() {
        ended.countDown();
    }
}
