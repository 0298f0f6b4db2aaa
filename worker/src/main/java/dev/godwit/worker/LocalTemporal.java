package dev.godwit.worker;

/** A Temporal of this machine's own, which ends with this process at the latest. */
sealed interface LocalTemporal extends AutoCloseable permits EmbeddedTemporal, LocalServer {
    /** Host and port. */
    String address();

    @Override
    void close();
}
