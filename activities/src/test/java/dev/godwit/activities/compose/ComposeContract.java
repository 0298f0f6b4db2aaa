package dev.godwit.activities.compose;

import dev.godwit.activities.host.StepContract;

/** The contract, at fewer points: a command of Compose takes a second and more. */
abstract class ComposeContract extends StepContract {
    @Override
    protected int interruptions() {
        return 2;
    }
}
