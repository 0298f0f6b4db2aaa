package dev.godwit.worker;

import dev.godwit.step.StepFailure;
import io.temporal.common.VersioningBehavior;
import io.temporal.common.WorkerDeploymentVersion;
import io.temporal.worker.WorkerDeploymentOptions;
import java.util.Optional;

/**
 * A build of the worker, as Temporal's worker deployments know it. A run that begins on it stays with it to its end.
 *
 * @param deployment the name of the deployment, which all builds share
 * @param id which build it is
 */
record Build(String deployment, String id) {
    Build {
        if (!deployment.matches("[^.:\\s]+") || id.isBlank()) {
            throw StepFailure.user("build-name", "'" + deployment + "' and '" + id + "' cannot be a deployment and its"
                    + " build; a deployment's name has no dots, colons and spaces, and a build id is not empty");
        }
    }

    /** The one that the configuration names, if it does. */
    static Optional<Build> of(WorkerSettings settings) {
        Optional<String> deployment = settings.getDeployment();
        Optional<String> id = settings.getBuildId();
        if (deployment.isPresent() != id.isPresent()) {
            throw StepFailure.user("build-name", "a deployment and a build id go together: set both --deployment and"
                    + " --build-id, or GODWIT_DEPLOYMENT and GODWIT_BUILD_ID");
        }
        return deployment.map(name -> new Build(name, id.orElseThrow()));
    }

    /** As Temporal writes it, also in the search attribute TemporalWorkerDeploymentVersion. */
    String version() {
        return deployment + ":" + id;
    }

    WorkerDeploymentOptions options() {
        return WorkerDeploymentOptions.newBuilder()
                .setUseVersioning(true)
                .setVersion(new WorkerDeploymentVersion(deployment, id))
                .setDefaultVersioningBehavior(VersioningBehavior.PINNED)
                .build();
    }
}
