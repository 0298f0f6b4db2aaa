package dev.godwit.worker;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The worker's configuration: {@code godwit.*} properties, or environment variables such as {@code GODWIT_STATE}. */
@ConfigurationProperties("godwit")
public interface WorkerSettings {
    /** The site's shared state: journals, evidence, what was set aside. Outside everything that plans migrate. */
    Optional<Path> getState();

    /** Where plans are found that a run only names. */
    Optional<Path> getPlans();

    /** A directory with a file for each secret; without it secrets are environment variables. */
    Optional<Path> getSecrets();

    /** The address of Temporal; absent to go by Temporal's own environment configuration. */
    Optional<String> getTemporal();

    /** The sites that this worker serves. */
    @Bindable(defaultValue = "default")
    List<String> getSites();

    /** The name of the worker deployment whose build this worker is; absent to leave runs to any build. */
    Optional<String> getDeployment();

    /** Which build of the deployment this worker is. */
    Optional<String> getBuildId();

    /** How many steps run at the same time on a site. */
    @Bindable(defaultValue = "16")
    int getSteps();
}
