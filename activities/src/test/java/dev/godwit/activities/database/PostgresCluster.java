package dev.godwit.activities.database;

import dev.godwit.activities.host.Needed;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A real PostgreSQL of one test's own, which can be stopped, crashed and started again with the same data and port. */
public final class PostgresCluster implements AutoCloseable {
    private final Path data;
    private final Path log;
    private EmbeddedPostgres postgres;

    private PostgresCluster(Path directory) throws IOException {
        this.data = directory.resolve("postgres");
        this.log = directory.resolve("postgres.log");
        start(0);
    }

    /**
     * Makes one and starts it.
     *
     * @param directory all that it writes goes there
     */
    public static PostgresCluster in(Path directory) throws IOException {
        return new PostgresCluster(directory);
    }

    /**
     * Makes a standby of this server, which streams from it as long as both run.
     *
     * @param directory all that it writes goes there
     */
    public PostgresCluster standby(Path directory) throws IOException, InterruptedException {
        Needed.part(Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(path -> Files.isExecutable(Path.of(path, "pg_basebackup"))),
                "pg_basebackup (apt-get install postgresql-client)");
        Process copying = new ProcessBuilder("pg_basebackup", "--pgdata=" + directory.resolve("postgres"),
                "--host=localhost", "--port=" + port(), "--username=postgres", "--no-password", "--checkpoint=fast",
                "--wal-method=stream", "--write-recovery-conf").redirectErrorStream(true).start();
        copying.getOutputStream().close();
        String said = new String(copying.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (copying.waitFor() != 0) {
            throw new IOException("pg_basebackup: " + said);
        }
        return new PostgresCluster(directory);
    }

    private void start(int port) throws IOException {
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                .setPGStartupWait(Duration.ofMinutes(1))
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setServerConfig("max_connections", "100")
                // Those of a server that people use.
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setErrorRedirector(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .setOutputRedirector(ProcessBuilder.Redirect.appendTo(log.toFile()));
        postgres = (port == 0 ? builder : builder.setPort(port)).start();
    }

    public int port() {
        return postgres.getPort();
    }

    /** What the server has logged. */
    public List<String> log() throws IOException {
        return Files.readAllLines(log);
    }

    /** Stops it in good order, which ends all sessions, and starts it again. */
    public void restart() throws IOException {
        stop();
        startAgain();
    }

    /** Stops it in good order, which ends all sessions. */
    public void stop() throws IOException {
        postgres.close();
    }

    /** Starts it on the same port after {@link #stop}. */
    public void startAgain() throws IOException {
        start(port());
    }

    /** Stops it as a crash does, in the middle of whatever it does, and starts it again. */
    public void crash() throws IOException, InterruptedException {
        int port = port();
        long pid = Long.parseLong(Files.readAllLines(data.resolve("postmaster.pid")).getFirst());
        new ProcessBuilder("sh", "-c", "kill -QUIT " + pid).start().waitFor();
        ProcessHandle.of(pid).ifPresent(server -> server.onExit().join());
        postgres.close();
        start(port);
    }

    /** The test's own session, which goes through no proxy. */
    public Connection connect() throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://localhost:" + port() + "/postgres?user=postgres");
    }

    public PostgresCluster execute(String... statements) throws SQLException {
        try (Connection connection = connect(); Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
        return this;
    }

    /** The first column of a query's rows. */
    public List<String> column(String query) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(query)) {
            while (result.next()) {
                rows.add(result.getString(1));
            }
        }
        return rows;
    }

    @Override
    public void close() throws IOException {
        postgres.close();
    }
}
