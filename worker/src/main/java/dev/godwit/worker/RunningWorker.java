package dev.godwit.worker;

import dev.godwit.activities.host.SiteState;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A worker in this process; closing it drains and leaves. */
final class RunningWorker implements AutoCloseable {
    private final ApplicationContext context;

    private RunningWorker(ApplicationContext context) {
        this.context = context;
    }

    /**
     * Starts a worker.
     *
     * @param settings which site it serves and where its state is
     */
    static RunningWorker start(Overrides settings) {
        ApplicationContext context = ApplicationContext.builder()
                .deduceEnvironment(false)
                .banner(false)
                .properties(settings.properties())
                .start();
        RunningWorker worker = new RunningWorker(context);
        try {
            context.getBean(SiteState.class).requireWritable();
            context.getBean(SiteWorkers.class).start();
            settings.healthPort().ifPresent(port -> context.getBean(EmbeddedServer.class).start());
        } catch (RuntimeException e) {
            worker.close();
            throw e;
        }
        return worker;
    }

    /** One line that says that it runs, and what it serves. */
    String describe() {
        WorkerSettings settings = context.getBean(WorkerSettings.class);
        String health = context.findBean(EmbeddedServer.class)
                .filter(EmbeddedServer::isRunning)
                .map(server -> ", health at " + server.getURI() + "/health")
                .orElse("");
        String build = Build.of(settings).map(version -> ", build " + version.version()).orElse("");
        return "worker ready: sites " + String.join(", ", settings.getSites()) + ", state "
                + Conventions.stateDirectory(settings.getState()) + build + health;
    }

    @Override
    public void close() {
        context.close();
    }

    /**
     * What the command line says; the rest is configuration.
     *
     * @param sites which sites to serve
     * @param state the site's state directory
     * @param plans the plan directory
     * @param healthPort where to answer {@code /health} and {@code /prometheus}; 0 for a free port
     * @param temporal the address of Temporal; absent to go by its environment configuration
     * @param build which build of a worker deployment it is
     */
    record Overrides(List<String> sites, Optional<Path> state, Optional<Path> plans, Optional<Integer> healthPort,
            Optional<String> temporal, Optional<Build> build) {
        /** A worker for a Temporal of this machine. */
        static Overrides local(Optional<Path> state, Optional<Path> plans) {
            return new Overrides(List.of(), state, plans, Optional.empty(), Optional.empty(), Optional.empty());
        }

        /** The same, with Temporal at this address. */
        Overrides at(String address) {
            return new Overrides(sites, state, plans, healthPort, Optional.of(address), build);
        }

        Map<String, Object> properties() {
            Map<String, Object> properties = new HashMap<>();
            if (!sites.isEmpty()) {
                properties.put("godwit.sites", sites);
            }
            state.ifPresent(path -> properties.put("godwit.state", path.toString()));
            plans.ifPresent(path -> properties.put("godwit.plans", path.toString()));
            healthPort.ifPresent(port -> properties.put("micronaut.server.port", port == 0 ? -1 : port));
            temporal.ifPresent(address -> properties.put("godwit.temporal", address));
            build.ifPresent(version -> properties.putAll(
                    Map.of("godwit.deployment", version.deployment(), "godwit.build-id", version.id())));
            return properties;
        }
    }
}
