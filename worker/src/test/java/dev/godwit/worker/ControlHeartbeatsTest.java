package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.run.TemporalConnection;
import io.temporal.activity.Activity;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityOptions;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerFactoryOptions;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ControlHeartbeatsTest {
    private static final Duration SILENCE = Duration.ofSeconds(6);
    private static final int LONGER_SECONDS = 9;

    @Test
    void an_activity_that_tells_nothing_is_not_taken_for_lost_if_it_is_among_them() {
        try (EmbeddedTemporal server = EmbeddedTemporal.start()) {
            TemporalConnection connection = TemporalConnection.load(Map.of("TEMPORAL_ADDRESS", server.address()));
            WorkflowServiceStubs stubs = connection.connect(Duration.ofSeconds(10));
            try {
                WorkflowClient client = connection.client(stubs);
                WorkerFactory workers = WorkerFactory.newInstance(client,
                        WorkerFactoryOptions.newBuilder()
                                .setWorkerInterceptors(new ControlHeartbeats(Set.of("Control")))
                                .build());
                Worker worker = workers.newWorker("heartbeats");
                worker.registerWorkflowImplementationTypes(Calling.class);
                worker.registerActivitiesImplementations(new Silent());
                workers.start();

                WorkflowStub control = begin(client, "Control");
                WorkflowStub another = begin(client, "Another");

                assertThat(control.getResult(Integer.class)).as("the attempt that answered").isEqualTo(1);
                assertThat(another.getResult(Integer.class)).as("the attempt that answered").isGreaterThan(1);
                workers.shutdownNow();
            } finally {
                stubs.shutdownNow();
            }
        }
    }

    @Test
    void all_activities_but_steps_are_among_them() {
        assertThat(SiteWorkers.activityTypes()).containsExactlyInAnyOrder("plan.check", "plan.of", "report.write",
                "ledger.read", "journal.forget", "throttling.keep");
    }

    private static WorkflowStub begin(WorkflowClient client, String activity) {
        WorkflowStub workflow = client.newUntypedWorkflowStub("Calls",
                WorkflowOptions.newBuilder().setWorkflowId(activity).setTaskQueue("heartbeats").build());
        workflow.start(activity);
        return workflow;
    }

    @WorkflowInterface
    public interface Calls {
        @WorkflowMethod(name = "Calls")
        int call(String activity);
    }

    public static final class Calling implements Calls {
        @Override
        public int call(String activity) {
            return Workflow.newUntypedActivityStub(ActivityOptions.newBuilder()
                    .setStartToCloseTimeout(Duration.ofMinutes(1))
                    .setHeartbeatTimeout(SILENCE)
                    .build()).execute(activity, Integer.class);
        }
    }

    @ActivityInterface
    public interface Silence {
        int control() throws InterruptedException;

        int another() throws InterruptedException;
    }

    public static final class Silent implements Silence {
        @Override
        public int control() throws InterruptedException {
            return attempt();
        }

        @Override
        public int another() throws InterruptedException {
            return attempt();
        }

        /** The first takes longer than it may be silent. */
        private static int attempt() throws InterruptedException {
            int attempt = Activity.getExecutionContext().getInfo().getAttempt();
            if (attempt == 1) {
                new CountDownLatch(1).await(LONGER_SECONDS, TimeUnit.SECONDS);
            }
            return attempt;
        }
    }
}
