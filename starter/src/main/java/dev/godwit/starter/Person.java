package dev.godwit.starter;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Who types the command. */
final class Person {
    private Person() {}

    /** {@code user@host}; whoever says {@code sudo} is still the one. */
    static String at(Map<String, String> environment) {
        String name = environment.getOrDefault("SUDO_USER", "");
        return (name.isBlank() ? System.getProperty("user.name") : name) + "@" + host(environment);
    }

    /** Asks the name service last: it can be slow. */
    private static String host(Map<String, String> environment) {
        String name = environment.getOrDefault("HOSTNAME", "");
        if (!name.isBlank()) {
            return name;
        }
        try {
            Path file = Path.of("/etc/hostname");
            return Files.isReadable(file)
                    ? Files.readString(file).strip()
                    : InetAddress.getLocalHost().getHostName();
        } catch (IOException e) {
            return "unknown-host";
        }
    }
}
