package dev.godwit.step;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Optional;

/** Where a step leaves what proves its work; files named here are linked from the report. */
public interface Evidence {
    /** Stores a JSON document and returns its name within the run's evidence. */
    String json(String name, Object value);

    /** Opens a file; it appears under its name, whole, when the stream is closed. */
    OutputStream open(String name) throws IOException;

    /**
     * The directory in which another step of this run has left its evidence, in its latest round, to read; absent if it has
     * left none at this site.
     */
    Optional<Path> of(String step) throws IOException;
}
