package dev.godwit.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.spi.ToolProvider;

/**
 * The servers of the licence-plate example, compiled once for all tests: they start hundreds of them, and compiling its source
 * takes most of what such a start takes of the processors.
 */
final class CompiledServers {
    private static final Path DIRECTORY = Site.GODWIT.resolve("worker/target/license-plate");
    private static Path java;

    private CompiledServers() {}

    /** What may be called in place of {@code java V1.java} and of {@code java -cp PATH V2.java}. */
    static synchronized Path java() throws IOException {
        if (java == null) {
            Path classes = DIRECTORY.resolve("classes");
            int compiled = ToolProvider.findFirst("javac")
                    .orElseThrow()
                    .run(System.out, System.err, "-d", classes.toString(),
                            LicensePlate.EXAMPLE.resolve("v1/V1.java").toString(),
                            LicensePlate.EXAMPLE.resolve("v2/V2.java").toString());
            if (compiled != 0) {
                throw new IllegalStateException("javac answered " + compiled);
            }
            Path script = Files.writeString(DIRECTORY.resolve("java"), """
                    #!/bin/sh
                    path='%1$s'
                    if [ "$1" = -cp ]; then
                        path=$path:$2
                        shift 2
                    fi
                    # The name of the source is there for who looks for the process.
                    exec '%2$s' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx128m -cp "$path" "${1%%.java}" "$1"
                    """.formatted(classes, Site.JAVA));
            java = Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        return java;
    }
}
