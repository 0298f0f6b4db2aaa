package dev.godwit.activities.compose;

import dev.godwit.activities.host.StepContract;

/**
 * The contract, at fewer points: a command of Compose takes a second and more. Steps that share their code with one that keeps
 * it are put to it in the long form only.
 */
abstract class ComposeContract extends StepContract {
    static final String LONG = "takes some minutes: -Dgodwit.long=true";

    @Override
    protected int interruptions() {
        return 4;
    }
}
