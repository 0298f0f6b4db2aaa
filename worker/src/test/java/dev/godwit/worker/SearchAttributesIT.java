package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.godwit.run.TemporalConnection;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.common.SearchAttributeKey;
import io.temporal.common.SearchAttributeUpdate;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.worker.WorkerFactory;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.slf4j.LoggerFactory;

/** On a real server; each test has a namespace of its own. */
@Isolated("what the process logs is read")
class SearchAttributesIT {
    private static final Logger LOG = (Logger) LoggerFactory.getLogger(SearchAttributes.class);
    private static final Duration OFTEN = Duration.ZERO;
    private static final Duration NEVER = Duration.ofDays(1);
    private static DevServer server;

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private WorkflowServiceStubs stubs;

    @BeforeAll
    static void startServer(@TempDir Path directory) throws Exception {
        server = DevServer.start(directory, "--namespace", "fresh", "--namespace", "forbidden", "--namespace",
                "prepared",
                "--namespace", "other-type");
    }

    @AfterAll
    static void stopServer() {
        if (server != null) {
            server.close();
        }
    }

    @BeforeEach
    void listen() {
        log.start();
        LOG.addAppender(log);
    }

    @AfterEach
    void disconnect() {
        LOG.detachAppender(log);
        if (stubs != null) {
            stubs.shutdownNow();
        }
    }

    @Test
    void missing_ones_are_made_and_can_be_set_at_once() {
        TemporalConnection connection = connection("fresh");
        SearchAttributes attributes = attributes(connection, NEVER);

        attributes.register();

        assertThat(attributes.usable()).isTrue();
        assertThat(log.list).isEmpty();
        WorkflowClient client = connection.client(stubs);
        WorkerFactory workers = WorkerFactory.newInstance(client);
        workers.newWorker("attributes").registerWorkflowImplementationTypes(Setting.class);
        workers.start();
        WorkflowStub run = client.newUntypedWorkflowStub("Sets",
                WorkflowOptions.newBuilder().setWorkflowId("sets").setTaskQueue("attributes").build());
        run.start();
        run.getResult(Void.class);
        workers.shutdownNow();
        assertThat(client.fetchHistory("sets").getEvents()).extracting(event -> event.getEventType().name())
                .contains("EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES")
                .doesNotContain("EVENT_TYPE_WORKFLOW_TASK_FAILED");
    }

    @Test
    void without_the_permission_it_says_once_what_to_type_and_looks_again() throws Exception {
        SearchAttributes attributes = attributes(connection("forbidden").intercepted(List.of(new Forbidding())), OFTEN);

        attributes.register();

        assertThat(attributes.usable()).isFalse();
        assertThat(attributes.usable()).isFalse();
        assertThat(log.list).extracting(ILoggingEvent::getLevel).containsExactly(Level.WARN);
        String said = log.list.getFirst().getFormattedMessage();
        assertThat(said).doesNotContain("\n").contains("PERMISSION_DENIED");
        // The command that it names does help.
        String command = said.replaceFirst(".*'temporal (.*)'$", "$1");
        assertThat(command).contains("GodwitPlan", "GodwitPhase", "GodwitState", "GodwitMode", "GodwitTarget");
        Answer made = server.temporal(command.split(" "));
        assertThat(made.exit()).as(made.err()).isZero();
        Until.seen("it is noticed", attributes::usable);
    }

    @Test
    void those_that_someone_made_are_used_without_the_permission() throws Exception {
        SearchAttributes ofSomeoneWhoMay = attributes(connection("prepared"), NEVER);
        ofSomeoneWhoMay.register();
        assertThat(ofSomeoneWhoMay.usable()).isTrue();
        stubs.shutdownNow();

        SearchAttributes attributes = attributes(connection("prepared").intercepted(List.of(new Forbidding())), NEVER);
        attributes.register();

        assertThat(attributes.usable()).isTrue();
        assertThat(log.list).isEmpty();
    }

    @Test
    void one_of_another_type_is_named() throws Exception {
        Answer made = server.temporal("operator", "search-attribute", "create", "--namespace", "other-type", "--name",
                "GodwitState", "--type", "Text");
        assertThat(made.exit()).as(made.err()).isZero();
        SearchAttributes attributes = attributes(connection("other-type"), NEVER);

        attributes.register();

        assertThat(attributes.usable()).isFalse();
        assertThat(log.list).extracting(ILoggingEvent::getFormattedMessage)
                .singleElement()
                .asString()
                .contains("GodwitState in namespace other-type is no Keyword");
    }

    @Test
    void the_embedded_server_has_none_and_says_nothing() {
        try (EmbeddedTemporal embedded = EmbeddedTemporal.start()) {
            SearchAttributes attributes = attributes(TemporalConnection.at(embedded.address()), OFTEN);

            attributes.register();

            assertThat(attributes.usable()).isFalse();
            assertThat(log.list).isEmpty();
        }
    }

    private static TemporalConnection connection(String namespace) {
        return TemporalConnection.load(Map.of("TEMPORAL_ADDRESS", server.address(), "TEMPORAL_NAMESPACE", namespace));
    }

    private SearchAttributes attributes(TemporalConnection connection, Duration lookAgain) {
        stubs = connection.connect(Duration.ofSeconds(10));
        return new SearchAttributes(stubs, connection.namespace(), new ServerKind(stubs), lookAgain);
    }

    @WorkflowInterface
    public interface SettingWorkflow {
        @WorkflowMethod(name = "Sets")
        void run();
    }

    public static final class Setting implements SettingWorkflow {
        @Override
        public void run() {
            Workflow.upsertTypedSearchAttributes(SearchAttributes.NAMES.stream()
                    .map(name -> SearchAttributeUpdate.valueSet(SearchAttributeKey.forKeyword(name), "some"))
                    .toArray(SearchAttributeUpdate<?>[]::new));
        }
    }

    /** As Temporal Cloud does. */
    private static final class Forbidding implements ClientInterceptor {
        @Override
        public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
            if (!String.valueOf(method.getServiceName()).endsWith("OperatorService")) {
                return next.newCall(method, options);
            }
            return new ClientCall<>() {
                @Override
                public void start(Listener<A> listener, Metadata headers) {
                    listener.onClose(Status.PERMISSION_DENIED, new Metadata());
                }

                @Override
                public void request(int messages) {}

                @Override
                public void cancel(String message, Throwable cause) {}

                @Override
                public void halfClose() {}

                @Override
                public void sendMessage(Q message) {}
            };
        }
    }
}
