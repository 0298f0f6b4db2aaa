import dev.godwit.run.TemporalConnection;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityOptions;
import io.temporal.client.WorkflowClient;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.time.Duration;

/** The peer of P12: a workflow that calls activities which do nothing, one after the other. */
public final class BareActivities {
    @WorkflowInterface
    public interface Bare {
        @WorkflowMethod(name = "Bare")
        void run(int activities);
    }

    @ActivityInterface
    public interface Nothing {
        void nothing();
    }

    public static final class BareRun implements Bare {
        private final Nothing nothing = Workflow.newActivityStub(Nothing.class,
                ActivityOptions.newBuilder().setStartToCloseTimeout(Duration.ofMinutes(1)).build());

        @Override
        public void run(int activities) {
            for (int i = 0; i < activities; i++) {
                nothing.nothing();
            }
        }
    }

    public static void main(String[] arguments) {
        WorkflowClient client = WorkflowClient
                .newInstance(TemporalConnection.load(System.getenv()).connect(Duration.ofSeconds(10)));
        WorkerFactory factory = WorkerFactory.newInstance(client);
        Worker worker = factory.newWorker("bare");
        worker.registerWorkflowImplementationTypes(BareRun.class);
        worker.registerActivitiesImplementations((Nothing) () -> {});
        factory.start();
        System.out.println("worker ready");
    }
}
