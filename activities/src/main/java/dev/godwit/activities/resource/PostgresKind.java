package dev.godwit.activities.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.ResourceAccess;
import dev.godwit.step.ResourceKind;
import dev.godwit.step.SpecReader;
import java.time.Duration;
import java.util.Optional;

/**
 * A PostgreSQL database, version 12 or newer. The path of a location is a table, {@code parking:detections} or
 * {@code parking:public.detections}; a name with a capital or a dot in it stands in double quotes, as in SQL.
 *
 * <pre>{@code
 * parking: {kind: postgres, url: 'jdbc:postgresql://db/parking', user: app, password: {secret: PARKING_DB_PASSWORD}}
 * }</pre>
 *
 * <p>Sessions read and write values in one form whatever the server's settings: in UTC, ISO dates, floats with all their
 * digits. Each bears the name of its step as {@code application_name}. What only reads cannot write: its transactions are
 * read-only, and it takes the role {@code preview-role} if one is given.
 */
@AutoService(ResourceKind.class)
public final class PostgresKind implements ResourceKind<ReadablePostgres, WritablePostgres> {
    /**
     * @param url where the database is, as JDBC writes it: {@code jdbc:postgresql://host:port/database}, with parameters
     *     such as {@code ?sslmode=verify-full} but without user and password
     * @param user the role to log in as; by default the user that the worker runs as
     * @param password its password, as {@code {secret: NAME}}
     * @param previewRole a role that may only read, which previews and sources take ({@code SET ROLE})
     * @param connect how long connecting may take
     */
    public record Definition(String url, Optional<String> user, Optional<SecretName> password,
            Optional<String> previewRole, @Default("10s") Duration connect) {
        public Definition {
            if (!url.matches("jdbc:postgresql://[^/?#@\\s]+/[^/?#\\s]+(\\?[^#\\s]*)?")) {
                // The address itself is not repeated: a mistaken one may hold the password.
                throw new IllegalArgumentException("the url of a postgres resource is written like"
                        + " jdbc:postgresql://localhost:5432/parking, without user and password");
            }
            if (url.matches(".*[?&](user|password|options|ApplicationName)=.*")) {
                throw new IllegalArgumentException("the url of a postgres resource has no user, password, options or"
                        + " ApplicationName; write user: and password: {secret: NAME} beside it");
            }
        }
    }

    @Override
    public String name() {
        return "postgres";
    }

    @Override
    public Class<? extends Record> definition() {
        return Definition.class;
    }

    @Override
    public ReadablePostgres read(JsonNode definition, Location location, ResourceAccess access) {
        return new PostgresDatabase(SpecReader.bind(definition, Definition.class), location, access, true);
    }

    @Override
    public WritablePostgres write(JsonNode definition, Location location, ResourceAccess access) {
        return new PostgresDatabase(SpecReader.bind(definition, Definition.class), location, access, false);
    }
}
