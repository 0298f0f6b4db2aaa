package dev.godwit.step;

import java.io.IOException;
import java.io.OutputStream;

/** Where a step leaves what proves its work; files named here are linked from the report. */
public interface Evidence {
    /** Stores a JSON document and returns its name within the run's evidence. */
    String json(String name, Object value);

    /** Opens a file; it appears under its name, whole, when the stream is closed. */
    OutputStream open(String name) throws IOException;
}
