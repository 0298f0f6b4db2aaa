package dev.godwit.worker;

/** The Temporal of a {@link Site}: the embedded one, or a {@link DevServer}. Closing it stops it. */
interface Temporal extends AutoCloseable {
    /** Host and port. */
    String address();

    @Override
    void close();

    /** The one that forgets everything, in this process. */
    static Temporal embedded() {
        EmbeddedTemporal server = EmbeddedTemporal.start();
        return new Temporal() {
            @Override
            public String address() {
                return server.address();
            }

            @Override
            public void close() {
                server.close();
            }
        };
    }
}
