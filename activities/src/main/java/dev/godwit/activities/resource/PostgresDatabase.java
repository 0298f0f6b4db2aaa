package dev.godwit.activities.resource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.godwit.activities.database.PostgresFailures;
import dev.godwit.activities.database.PostgresSessions;
import dev.godwit.activities.database.TableName;
import dev.godwit.plan.Location;
import dev.godwit.step.ResourceAccess;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;

/** The sessions of one attempt at a step with one database. */
final class PostgresDatabase implements WritablePostgres, AutoCloseable {
    static final int MOST_SESSIONS = 32;
    /** Values have one form in every session, whatever the server, the database or the role are set to. */
    private static final String SETTINGS = "SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';"
            + " SET extra_float_digits = 3; SET bytea_output = 'hex'; SET statement_timeout = 0; SET lock_timeout = 0;"
            + " SET idle_in_transaction_session_timeout = 0; SET default_transaction_isolation = 'read committed'";

    private final PostgresKind.Definition definition;
    private final Location location;
    private final Optional<String> password;
    private final String sessionName;
    private final boolean onlyReads;
    private HikariDataSource readers;
    private HikariDataSource writers;
    private final List<PostgresDatabase> siblings = new ArrayList<>();

    PostgresDatabase(PostgresKind.Definition definition, Location location, ResourceAccess access, boolean onlyReads) {
        this.definition = definition;
        this.location = location;
        this.password = definition.password().map(name -> access.secret(name.secret()).strip());
        this.sessionName = PostgresSessions.name(access.identity(), access.scratch());
        this.onlyReads = onlyReads;
    }

    private PostgresDatabase(PostgresDatabase other, String name) {
        PostgresKind.Definition same = other.definition;
        String encoded = URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
        String url = same.url()
                .replaceFirst("(?<=^jdbc:postgresql://[^/?]{1,1000}/)[^?]+", Matcher.quoteReplacement(encoded));
        this.definition = new PostgresKind.Definition(url, same.user(), same.password(), same.previewRole(),
                same.connect());
        this.location = other.location;
        this.password = other.password;
        this.sessionName = other.sessionName;
        this.onlyReads = other.onlyReads;
    }

    @Override
    public Location location() {
        return location;
    }

    @Override
    public String address() {
        return definition.url().replaceFirst("^jdbc:", "").replaceFirst("\\?.*$", "");
    }

    @Override
    public Connection open() throws SQLException {
        synchronized (this) {
            if (readers == null) {
                String role = definition.previewRole().map(name -> "; SET ROLE " + TableName.quoted(name)).orElse("");
                readers = pool("reading", SETTINGS + "; SET default_transaction_read_only = on" + role);
            }
        }
        return connection(readers);
    }

    @Override
    public Connection openForWriting() throws SQLException {
        if (onlyReads) {
            throw new IllegalStateException(location + " was opened for reading");
        }
        synchronized (this) {
            if (writers == null) {
                writers = pool("writing", SETTINGS + "; SET synchronous_commit = on");
            }
        }
        return connection(writers);
    }

    @Override
    public synchronized WritablePostgres sibling(String database) {
        PostgresDatabase sibling = new PostgresDatabase(this, database);
        siblings.add(sibling);
        return sibling;
    }

    @Override
    public Map<String, String> environment() {
        URI uri = URI.create(definition.url().substring("jdbc:".length()));
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put("PGHOST", uri.getHost());
        variables.put("PGPORT", Integer.toString(uri.getPort() < 0 ? 5432 : uri.getPort()));
        variables.put("PGDATABASE", uri.getPath().substring(1));
        variables.put("PGAPPNAME", sessionName);
        variables.put("PGCONNECT_TIMEOUT", Long.toString(Math.max(2, definition.connect().toSeconds())));
        definition.user().ifPresent(user -> variables.put("PGUSER", user));
        password.ifPresent(secret -> variables.put("PGPASSWORD", secret));
        parameter(uri, "sslmode").ifPresent(mode -> variables.put("PGSSLMODE", mode));
        parameter(uri, "sslrootcert").ifPresent(file -> variables.put("PGSSLROOTCERT", file));
        return variables;
    }

    @Override
    public synchronized void close() {
        siblings.forEach(PostgresDatabase::close);
        if (readers != null) {
            readers.close();
        }
        if (writers != null) {
            writers.close();
        }
    }

    private HikariDataSource pool(String use, String settings) {
        HikariConfig config = new HikariConfig();
        config.setPoolName(location + " (" + use + ")");
        config.setJdbcUrl(definition.url());
        definition.user().ifPresent(config::setUsername);
        password.ifPresent(config::setPassword);
        config.addDataSourceProperty("ApplicationName", sessionName);
        config.addDataSourceProperty("tcpKeepAlive", "true");
        config.addDataSourceProperty("connectTimeout", Math.max(1, definition.connect().toSeconds()));
        config.addDataSourceProperty("loginTimeout", Math.max(1, definition.connect().toSeconds()));
        config.setConnectionInitSql(settings);
        config.setConnectionTimeout(Math.max(1000, definition.connect().toMillis()));
        config.setMaximumPoolSize(MOST_SESSIONS);
        config.setMinimumIdle(0);
        config.setInitializationFailTimeout(-1);
        return new HikariDataSource(config);
    }

    private Connection connection(HikariDataSource pool) throws SQLException {
        try {
            return pool.getConnection();
        } catch (SQLException e) {
            // The pool's own exception says that it waited; the driver's says why.
            throw e.getCause() instanceof SQLException cause
                    ? PostgresFailures.connecting(location, address(), cause)
                    : PostgresFailures.connecting(location, address(), e);
        }
    }

    private static Optional<String> parameter(URI uri, String name) {
        String query = uri.getQuery() == null ? "" : uri.getQuery();
        for (String pair : query.split("&")) {
            if (pair.startsWith(name + "=")) {
                return Optional.of(pair.substring(name.length() + 1));
            }
        }
        return Optional.empty();
    }
}
