package dev.godwit.worker;

import dev.godwit.run.TemporalConnection;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.api.enums.v1.IndexedValueType;
import io.temporal.api.operatorservice.v1.AddSearchAttributesRequest;
import io.temporal.api.operatorservice.v1.ListSearchAttributesRequest;
import io.temporal.api.operatorservice.v1.OperatorServiceGrpc.OperatorServiceBlockingStub;
import io.temporal.api.workflowservice.v1.CountWorkflowExecutionsRequest;
import io.temporal.serviceclient.OperatorServiceStubs;
import io.temporal.serviceclient.OperatorServiceStubsOptions;
import io.temporal.serviceclient.WorkflowServiceStubs;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The search attributes by which Temporal finds runs. The worker makes them where they are missing; where it may not, runs do
 * without, because one that sets an attribute that its namespace does not have never goes on.
 */
@Singleton
final class SearchAttributes {
    /** All of them are keywords. */
    static final List<String> NAMES = List.of("GodwitPlan", "GodwitTarget", "GodwitMode", "GodwitState", "GodwitPhase");

    private static final Logger LOG = LoggerFactory.getLogger(SearchAttributes.class);
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final Duration VISIBLE = Duration.ofSeconds(20);
    /** The services of a server reread their namespaces every two seconds, each at its own time. */
    private static final Duration EVERYWHERE = Duration.ofSeconds(3);
    private static final Duration LOOK_AGAIN = Duration.ofMinutes(1);
    private static final int GLANCE_MILLIS = 100;

    private final WorkflowServiceStubs stubs;
    private final ServerKind server;
    private final String namespace;
    private final Duration lookAgain;
    private volatile boolean usable;
    private volatile CompletableFuture<Void> registration = CompletableFuture.completedFuture(null);
    private long nextLook = System.nanoTime();
    private Optional<String> told = Optional.empty();

    @Inject
    SearchAttributes(WorkflowServiceStubs stubs, TemporalConnection connection, ServerKind server) {
        this(stubs, connection.namespace(), server, LOOK_AGAIN);
    }

    SearchAttributes(WorkflowServiceStubs stubs, String namespace, ServerKind server, Duration lookAgain) {
        this.stubs = stubs;
        this.namespace = namespace;
        this.server = server;
        this.lookAgain = lookAgain;
    }

    /** Makes the missing ones, without waiting for it: until then a worker can do all the rest. */
    void register() {
        registration = CompletableFuture.runAsync(this::look, Thread::startVirtualThread);
    }

    /** Whether runs can set them. Waits for a registration under way; looks again now and then while they are not. */
    boolean usable() {
        if (!usable) {
            registration.join();
            look();
        }
        return usable;
    }

    private synchronized void look() {
        if (usable || System.nanoTime() < nextLook || server.embedded()) {
            return;
        }
        Optional<String> obstacle = obstacle();
        usable = obstacle.isEmpty();
        nextLook = System.nanoTime() + lookAgain.toNanos();
        if (usable && told.isPresent()) {
            LOG.info("search attributes can be used now");
        }
        obstacle.filter(why -> !told.equals(obstacle)).ifPresent(LOG::warn);
        told = obstacle;
    }

    /** What keeps runs from using them, with the remedy. */
    private Optional<String> obstacle() {
        OperatorServiceStubs operator = OperatorServiceStubs
                .newServiceStubs(OperatorServiceStubsOptions.newBuilder(stubs.getOptions()).build());
        try {
            Map<String, IndexedValueType> known = known(operator);
            List<String> wrong = NAMES.stream()
                    .filter(name -> known.getOrDefault(name,
                            IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD) != IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD)
                    .toList();
            if (!wrong.isEmpty()) {
                return Optional.of("runs have no search attributes, because " + String.join(", ", wrong)
                        + " in namespace " + namespace + " is no Keyword; remove it, then '" + command(wrong) + "'");
            }
            List<String> missing = NAMES.stream().filter(name -> !known.containsKey(name)).toList();
            if (!missing.isEmpty()) {
                add(missing, operator);
            }
        } catch (StatusRuntimeException e) {
            // Who may not ask the operator's service can still find out whether a query knows them.
            return queryable() ? Optional.empty() : Optional.of(refused(e));
        } finally {
            operator.shutdownNow();
        }
        return awaitQueryable()
                ? Optional.empty()
                : Optional.of("runs have no search attributes yet: namespace " + namespace
                        + " has them, but its index does not know them after " + VISIBLE.toSeconds() + " s");
    }

    private Map<String, IndexedValueType> known(OperatorServiceStubs operator) {
        return soon(operator).listSearchAttributes(
                ListSearchAttributesRequest.newBuilder().setNamespace(namespace).build()).getCustomAttributesMap();
    }

    private void add(List<String> missing, OperatorServiceStubs operator) {
        try {
            soon(operator).addSearchAttributes(AddSearchAttributesRequest.newBuilder()
                    .setNamespace(namespace)
                    .putAllSearchAttributes(missing.stream()
                            .collect(Collectors.toMap(name -> name,
                                    name -> IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD)))
                    .build());
        } catch (StatusRuntimeException e) {
            // Another worker may be doing the same.
            if (e.getStatus().getCode() != Status.Code.ALREADY_EXISTS) {
                throw e;
            }
        }
    }

    private static OperatorServiceBlockingStub soon(OperatorServiceStubs operator) {
        return operator.blockingStub().withDeadlineAfter(ANSWER.toSeconds(), TimeUnit.SECONDS);
    }

    private boolean awaitQueryable() {
        if (queryable()) {
            return true;
        }
        long deadline = System.nanoTime() + VISIBLE.toNanos();
        try {
            while (System.nanoTime() < deadline) {
                TimeUnit.MILLISECONDS.sleep(GLANCE_MILLIS);
                if (queryable()) {
                    TimeUnit.MILLISECONDS.sleep(EVERYWHERE.toMillis());
                    return true;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    private boolean queryable() {
        String query = NAMES.stream().map(name -> name + " = 'none'").collect(Collectors.joining(" and "));
        try {
            stubs.blockingStub()
                    .withDeadlineAfter(ANSWER.toSeconds(), TimeUnit.SECONDS)
                    .countWorkflowExecutions(CountWorkflowExecutionsRequest.newBuilder()
                            .setNamespace(namespace)
                            .setQuery(query)
                            .build());
            return true;
        } catch (StatusRuntimeException e) {
            return false;
        }
    }

    private String refused(StatusRuntimeException why) {
        return "runs have no search attributes, because namespace " + namespace + " does not have them and this worker "
                + "cannot make them (" + why.getStatus().getCode() + "); someone who may: '" + command(NAMES) + "'";
    }

    private String command(List<String> names) {
        return "temporal operator search-attribute create --namespace " + namespace + names.stream()
                .map(name -> " --name " + name + " --type Keyword")
                .collect(Collectors.joining());
    }
}
