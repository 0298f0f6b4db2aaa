package dev.godwit.run;

import com.uber.m3.tally.Scope;
import io.grpc.ClientInterceptor;
import io.grpc.StatusRuntimeException;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.schedules.ScheduleClient;
import io.temporal.client.schedules.ScheduleClientOptions;
import io.temporal.envconfig.ClientConfigProfile;
import io.temporal.envconfig.LoadClientConfigProfileOptions;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Where Temporal is and how to talk to it. It follows Temporal's own environment configuration: {@code TEMPORAL_ADDRESS},
 * {@code TEMPORAL_NAMESPACE}, {@code TEMPORAL_API_KEY}, {@code TEMPORAL_TLS_*}, or a profile of {@code temporal.toml};
 * without any of them it is {@code 127.0.0.1:7233}, namespace {@code default}.
 */
public final class TemporalConnection {
    private final WorkflowServiceStubsOptions stubs;
    private final WorkflowClientOptions client;

    private TemporalConnection(WorkflowServiceStubsOptions stubs, WorkflowClientOptions client) {
        this.stubs = stubs;
        this.client = client;
    }

    /** The connection that this process's environment describes. */
    public static TemporalConnection load() {
        return load(System.getenv());
    }

    /**
     * The connection that these environment variables describe.
     *
     * @throws IllegalArgumentException if the configuration cannot be read
     */
    public static TemporalConnection load(Map<String, String> environment) {
        return load(LoadClientConfigProfileOptions.newBuilder().setEnvOverrides(environment).build());
    }

    /** A connection to this host and port, whatever Temporal the environment speaks of: no encryption, no key. */
    public static TemporalConnection at(String address) {
        return load(LoadClientConfigProfileOptions.newBuilder()
                .setDisableFile(true)
                .setEnvOverrides(Map.of("TEMPORAL_ADDRESS", address))
                .build());
    }

    private static TemporalConnection load(LoadClientConfigProfileOptions options) {
        try {
            ClientConfigProfile profile = ClientConfigProfile.load(options);
            return new TemporalConnection(profile.toWorkflowServiceStubsOptions(), profile.toWorkflowClientOptions()
                    .toBuilder()
                    .setDataConverter(Payloads.converter())
                    .validateAndBuildWithDefaults());
        } catch (IOException | RuntimeException e) {
            throw new IllegalArgumentException("cannot read Temporal's configuration (" + e.getMessage()
                    + "); see TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE and the other TEMPORAL_ variables", e);
        }
    }

    /** The same connection through more interceptors. */
    public TemporalConnection intercepted(List<ClientInterceptor> interceptors) {
        Collection<ClientInterceptor> all = new ArrayList<>();
        if (stubs.getGrpcClientInterceptors() != null) {
            all.addAll(stubs.getGrpcClientInterceptors());
        }
        all.addAll(interceptors);
        return new TemporalConnection(
                WorkflowServiceStubsOptions.newBuilder(stubs).setGrpcClientInterceptors(all).build(), client);
    }

    /** The same connection, with the client's own metrics reported to a scope. */
    public TemporalConnection measured(Scope metrics) {
        return new TemporalConnection(WorkflowServiceStubsOptions.newBuilder(stubs).setMetricsScope(metrics).build(),
                client);
    }

    /** Host and port. */
    public String address() {
        return WorkflowServiceStubsOptions.newBuilder(stubs).validateAndBuildWithDefaults().getTarget();
    }

    /** The namespace. */
    public String namespace() {
        return client.getNamespace();
    }

    /**
     * Connects.
     *
     * @throws Unreachable if Temporal does not answer within the time
     */
    public WorkflowServiceStubs connect(Duration timeout) {
        WorkflowServiceStubs service = WorkflowServiceStubs.newServiceStubs(stubs);
        try {
            service.connect(timeout);
            return service;
        } catch (StatusRuntimeException | IllegalStateException e) {
            service.shutdownNow();
            throw new Unreachable(address(), e);
        }
    }

    /** A client on a connection, with Godwit's converter. */
    public WorkflowClient client(WorkflowServiceStubs connected) {
        return WorkflowClient.newInstance(connected, client);
    }

    /** A client for schedules on a connection, with Godwit's converter. */
    public ScheduleClient schedules(WorkflowServiceStubs connected) {
        return ScheduleClient.newInstance(connected,
                ScheduleClientOptions.newBuilder()
                        .setNamespace(client.getNamespace())
                        .setIdentity(client.getIdentity())
                        .setDataConverter(client.getDataConverter())
                        .build());
    }

    /** Temporal does not answer. */
    public static final class Unreachable extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unreachable(String address, Throwable cause) {
            super("cannot reach Temporal at " + address
                    + "; start one with 'godwit dev', or set TEMPORAL_ADDRESS to where it is", cause);
        }
    }
}
