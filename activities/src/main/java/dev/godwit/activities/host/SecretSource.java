package dev.godwit.activities.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Where a worker finds the secrets that plans name. No message ever holds a value. */
@FunctionalInterface
public interface SecretSource {
    /** The variable that names a directory with a file for each secret. */
    String DIRECTORY_VARIABLE = "GODWIT_SECRETS_DIR";

    /** The value of a secret, if this worker has it. */
    Optional<String> find(String name);

    /** As the environment says: a directory of files if {@link #DIRECTORY_VARIABLE} names one, then variables. */
    static SecretSource of(Map<String, String> environment) {
        SecretSource variables = name -> Optional.ofNullable(environment.get(name));
        String directory = environment.get(DIRECTORY_VARIABLE);
        if (directory == null || directory.isBlank()) {
            return variables;
        }
        SecretSource files = directory(Path.of(directory));
        return name -> files.find(name).or(() -> variables.find(name));
    }

    /** A file for each secret, named like it; one newline at its end does not belong to the secret. */
    static SecretSource directory(Path directory) {
        Pattern names = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]*");
        return name -> {
            if (!names.matcher(name).matches()) {
                return Optional.empty();
            }
            try {
                String value = Files.readString(directory.resolve(name));
                return Optional.of(value.endsWith("\n") ? value.substring(0, value.length() - 1) : value);
            } catch (NoSuchFileException e) {
                return Optional.empty();
            } catch (IOException e) {
                throw new UncheckedIOException("the file of the secret " + name + " cannot be read", e);
            }
        };
    }
}
