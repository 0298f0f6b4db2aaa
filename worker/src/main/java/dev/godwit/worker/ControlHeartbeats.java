package dev.godwit.worker;

import io.temporal.activity.ActivityExecutionContext;
import io.temporal.client.ActivityCompletionException;
import io.temporal.common.interceptors.ActivityInboundCallsInterceptor;
import io.temporal.common.interceptors.ActivityInboundCallsInterceptorBase;
import io.temporal.common.interceptors.WorkerInterceptorBase;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Heartbeats for activities that are no steps and tell nothing by themselves, such as the check of a plan, so that the
 * server soon misses a worker that has died meanwhile. How long they may take as a whole bounds them all the same.
 */
final class ControlHeartbeats extends WorkerInterceptorBase {
    private static final Duration INTERVAL = Duration.ofSeconds(4);

    private final Set<String> types;

    /** @param types of the activities */
    ControlHeartbeats(Set<String> types) {
        this.types = Set.copyOf(types);
    }

    @Override
    public ActivityInboundCallsInterceptor interceptActivity(ActivityInboundCallsInterceptor next) {
        return new ActivityInboundCallsInterceptorBase(next) {
            private ActivityExecutionContext context;

            @Override
            public void init(ActivityExecutionContext given) {
                context = given;
                super.init(given);
            }

            @Override
            public ActivityOutput execute(ActivityInput input) {
                if (context.getInfo().isLocal() || !types.contains(context.getInfo().getActivityType())) {
                    return super.execute(input);
                }
                CountDownLatch done = new CountDownLatch(1);
                Thread heart = Thread.ofVirtual().start(() -> beat(context, done));
                try {
                    return super.execute(input);
                } finally {
                    done.countDown();
                    heart.interrupt();
                }
            }
        };
    }

    private static void beat(ActivityExecutionContext context, CountDownLatch done) {
        try {
            while (!done.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
                context.heartbeat(null);
            }
        } catch (InterruptedException | ActivityCompletionException e) {
            return; // It is over, or nobody waits for it any more.
        }
    }
}
