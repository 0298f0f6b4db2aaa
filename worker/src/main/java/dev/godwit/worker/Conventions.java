package dev.godwit.worker;

import java.nio.file.Path;
import java.util.Optional;

/** Where things are when nobody says. */
final class Conventions {
    private Conventions() {}

    /** The state directory that was configured, or where it is by convention. */
    static Path stateDirectory(Optional<Path> configured) {
        return configured.orElseGet(() -> Path.of(System.getProperty("user.home"), ".local", "state", "godwit"))
                .toAbsolutePath()
                .normalize();
    }

    /** The state directory that this process's environment names. */
    static Optional<Path> stateOfEnvironment() {
        return Optional.ofNullable(System.getenv("GODWIT_STATE")).map(Path::of);
    }

    /** The plan directory that was configured, or where it is by convention. */
    static Path planDirectory(Optional<Path> configured) {
        return configured.orElse(Path.of("plans")).toAbsolutePath().normalize();
    }
}
