package dev.godwit.worker;

import com.uber.m3.tally.RootScopeBuilder;
import com.uber.m3.tally.Scope;
import dev.godwit.activities.host.DiscoveredCatalog;
import dev.godwit.activities.host.SecretSource;
import dev.godwit.activities.host.SiteState;
import dev.godwit.activities.host.StepHost;
import dev.godwit.run.TemporalConnection;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.temporal.activity.DynamicActivity;
import io.temporal.client.WorkflowClient;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.common.reporter.MicrometerClientStatsReporter;
import jakarta.inject.Singleton;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;

/** Makes the parts of a worker out of its settings. */
@Factory
final class Wiring {
    private static final Duration CONNECT = Duration.ofSeconds(10);

    @Singleton
    DiscoveredCatalog catalog() {
        return DiscoveredCatalog.load();
    }

    @Singleton
    SiteState state(WorkerSettings settings) {
        return new SiteState(Conventions.stateDirectory(settings.getState()));
    }

    @Singleton
    PlanDirectory plans(WorkerSettings settings) {
        return new PlanDirectory(Conventions.planDirectory(settings.getPlans()));
    }

    @Singleton
    StepHost host(DiscoveredCatalog catalog, SiteState state, WorkerSettings settings) {
        return new StepHost(catalog, state, settings.getSecrets()
                .map(SecretSource::directory)
                .orElseGet(() -> SecretSource.of(System.getenv())), ManagementFactory.getRuntimeMXBean().getName());
    }

    @Singleton
    DynamicActivity steps(StepHost host) {
        return new StepDispatcher(host);
    }

    @Singleton
    StickyQueueCure stickyQueueCure() {
        return new StickyQueueCure();
    }

    @Singleton
    @Bean(preDestroy = "close")
    Scope metrics(MeterRegistry registry) {
        return new RootScopeBuilder().reporter(new MicrometerClientStatsReporter(registry))
                .reportEvery(com.uber.m3.util.Duration.ofSeconds(5));
    }

    @Singleton
    TemporalConnection connection(StickyQueueCure cure, WorkerSettings settings, Scope metrics) {
        return settings.getTemporal()
                .map(TemporalConnection::at)
                .orElseGet(TemporalConnection::load)
                .intercepted(List.of(cure))
                .measured(metrics);
    }

    @Singleton
    @Bean(preDestroy = "shutdownNow")
    WorkflowServiceStubs stubs(TemporalConnection connection) {
        return connection.connect(CONNECT);
    }

    @Singleton
    WorkflowClient client(TemporalConnection connection, WorkflowServiceStubs stubs) {
        return connection.client(stubs);
    }
}
