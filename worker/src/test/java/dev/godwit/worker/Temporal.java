package dev.godwit.worker;

import java.util.HashMap;
import java.util.Map;

/** The Temporal of a {@link Site}: the embedded one, or a {@link DevServer}. Closing it stops it. */
interface Temporal extends AutoCloseable {
    /** Host and port. */
    String address();

    /** What commands and workers need in their environment to find it. */
    default Map<String, String> environment() {
        return Map.of("TEMPORAL_ADDRESS", address());
    }

    @Override
    void close();

    /** The same server with another namespace, which is there; closing it closes nothing. */
    default Temporal namespace(String name) {
        Temporal server = this;
        return new Temporal() {
            @Override
            public String address() {
                return server.address();
            }

            @Override
            public Map<String, String> environment() {
                return Map.of("TEMPORAL_ADDRESS", address(), "TEMPORAL_NAMESPACE", name);
            }

            @Override
            public void close() {
                // Others use the server too.
            }
        };
    }

    /** The same server for commands and workers that need more in their environment; closing it closes the server. */
    default Temporal with(Map<String, String> more) {
        Temporal server = this;
        return new Temporal() {
            @Override
            public String address() {
                return server.address();
            }

            @Override
            public Map<String, String> environment() {
                Map<String, String> environment = new HashMap<>(server.environment());
                environment.putAll(more);
                return environment;
            }

            @Override
            public void close() {
                server.close();
            }
        };
    }

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
