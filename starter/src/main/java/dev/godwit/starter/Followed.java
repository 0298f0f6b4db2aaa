package dev.godwit.starter;

/** Why a run is followed no further: it has ended, or goes on only when a person says so. */
sealed interface Followed permits RunEnd, RunWaits {
    String workflowId();

    int exitCode();
}
