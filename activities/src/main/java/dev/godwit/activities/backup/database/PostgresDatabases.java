package dev.godwit.activities.backup.database;

import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.WritablePostgres;
import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** The databases of a server: makes, renames and drops them. */
final class PostgresDatabases {
    private static final int TRIES = 5;
    private static final String IN_USE = "55006";
    private static final int PROVIDERS_SINCE = 150_000;
    /** Servers of different age have different columns for these. */
    private static final String LOCALE = "coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale')";
    private static final String RULES = "to_jsonb(d) ->> 'daticurules'";
    /** Written even if it is the usual one: else a new database would take that of its template. */
    private static final String PROVIDER = " || CASE datlocprovider"
            + " WHEN 'i' THEN ' LOCALE_PROVIDER icu ICU_LOCALE ' || quote_literal(" + LOCALE + ")"
            + " || coalesce(' ICU_RULES ' || quote_literal(" + RULES + "), '')"
            + " WHEN 'b' THEN ' LOCALE_PROVIDER builtin BUILTIN_LOCALE ' || quote_literal(" + LOCALE + ")"
            + " ELSE ' LOCALE_PROVIDER libc' END";
    /** A server may write the name of an ICU locale in another form. */
    private static final String SORTING = "SELECT concat_ws(', ', pg_encoding_to_char(encoding), datcollate, datctype,"
            + " to_jsonb(d) ->> 'datlocprovider', " + RULES
            + ", CASE to_jsonb(d) ->> 'datlocprovider' WHEN 'b' THEN " + LOCALE + " END)"
            + " FROM pg_database d WHERE datname = ?";
    /** Settings whose values are lists of names, quoted already where they need to be. */
    private static final List<String> LISTS = List.of("search_path", "temp_tablespaces", "local_preload_libraries",
            "session_preload_libraries", "shared_preload_libraries");

    private final Connection connection;

    /** @param connection to a database that is not to be changed, in auto-commit mode */
    PostgresDatabases(Connection connection) {
        this.connection = connection;
    }

    /** A session with a database that every server has, from which the others can be changed. */
    static Connection open(WritablePostgres server) throws SQLException {
        try {
            return server.sibling("postgres").openForWriting();
        } catch (StepFailure missing) {
            if (missing.code().equals("database-missing")) {
                return server.sibling("template1").openForWriting();
            }
            throw missing;
        }
    }

    boolean exists(String name) throws SQLException {
        return !text("SELECT datname FROM pg_database WHERE datname = ?", name).isEmpty();
    }

    /** Ends every session with a database, and drops it; fine if there is none. */
    void drop(String name) throws SQLException {
        for (int tries = 1;; tries++) {
            endSessions(name);
            try {
                execute("DROP DATABASE IF EXISTS " + TableName.quoted(name));
                return;
            } catch (SQLException e) {
                requireInUse(e, tries, name);
            }
        }
    }

    /**
     * Makes an empty database that sorts and encodes as another does, if that exists.
     *
     * @throws StepFailure if it came out otherwise
     */
    void createLike(String name, String like) throws SQLException {
        String version = text("SELECT current_setting(?)", "server_version_num").getFirst();
        String provider = Integer.parseInt(version) >= PROVIDERS_SINCE ? PROVIDER : "";
        List<String> options = text("SELECT format(' ENCODING %L LC_COLLATE %L LC_CTYPE %L',"
                + " pg_encoding_to_char(encoding), datcollate, datctype)" + provider
                + " FROM pg_database d WHERE datname = ?", like);
        execute("CREATE DATABASE " + TableName.quoted(name) + " TEMPLATE template0" + String.join("", options));
        List<String> wanted = text(SORTING, like);
        List<String> made = text(SORTING, name);
        if (!wanted.isEmpty() && !made.equals(wanted)) {
            drop(name);
            throw StepFailure.internal("database-unlike", "a database that is made like " + like + " sorts as "
                    + made.getFirst() + ", and " + like + " as " + wanted.getFirst()
                    + "; this is a fault in Godwit, please report it");
        }
    }

    /** Gives a database the owner, the privileges, the settings and the comment of another. */
    void dress(String name, String like) throws SQLException {
        String database = TableName.quoted(name);
        List<String> statements = new ArrayList<>();
        for (String owner : text("SELECT quote_ident(r.rolname) FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba"
                + " WHERE d.datname = ?", like)) {
            statements.add("ALTER DATABASE " + database + " OWNER TO " + owner);
        }
        for (String limit : text("SELECT datconnlimit FROM pg_database WHERE datname = ?", like)) {
            statements.add("ALTER DATABASE " + database + " CONNECTION LIMIT " + limit);
        }
        for (String comment : text("SELECT quote_literal(shobj_description(oid, 'pg_database')) FROM pg_database"
                + " WHERE datname = ? AND shobj_description(oid, 'pg_database') IS NOT NULL", like)) {
            statements.add("COMMENT ON DATABASE " + database + " IS " + comment);
        }
        if (!text("SELECT 'some' FROM pg_database WHERE datname = ? AND datacl IS NOT NULL", like).isEmpty()) {
            statements.add("REVOKE ALL ON DATABASE " + database + " FROM PUBLIC");
        }
        for (String privilege : text("SELECT format('%s ON DATABASE %%s TO %s%s', a.privilege_type,"
                + " CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,"
                + " CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)"
                + " FROM pg_database d, aclexplode(d.datacl) a WHERE d.datname = ?", like)) {
            statements.add("GRANT " + privilege.replace("%s", database));
        }
        for (String setting : text("SELECT format('%s %s=%s', CASE s.setrole WHEN 0 THEN '' ELSE"
                + " quote_ident(pg_get_userbyid(s.setrole)) END, split_part(c, '=', 1), substr(c, strpos(c, '=') + 1))"
                + " FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) c"
                + " WHERE d.datname = ?", like)) {
            statements.add(settingOf(database, setting));
        }
        for (String statement : statements) {
            execute(statement);
        }
    }

    private static String settingOf(String database, String setting) {
        String role = setting.substring(0, setting.indexOf(' '));
        String name = setting.substring(role.length() + 1, setting.indexOf('='));
        String value = setting.substring(setting.indexOf('=') + 1);
        String whose = role.isEmpty()
                ? "ALTER DATABASE " + database
                : "ALTER ROLE " + role + " IN DATABASE " + database;
        return whose + " SET " + name + " TO "
                + (LISTS.contains(name) ? value : "'" + value.replace("'", "''") + "'");
    }

    /**
     * Gives databases other names in one transaction: either all have them, or none has.
     *
     * @param names old and new names by turns
     */
    void rename(String... names) throws SQLException {
        for (int tries = 1;; tries++) {
            for (int i = 0; i < names.length; i += 2) {
                endSessions(names[i]);
            }
            connection.setAutoCommit(false);
            try {
                for (int i = 0; i < names.length; i += 2) {
                    execute("ALTER DATABASE " + TableName.quoted(names[i]) + " RENAME TO "
                            + TableName.quoted(names[i + 1]));
                }
                connection.commit();
                return;
            } catch (SQLException e) {
                connection.rollback();
                requireInUse(e, tries, names[0]);
            } finally {
                connection.setAutoCommit(true);
            }
        }
    }

    /** Programs that connect again and again leave gaps; a few tries find one. */
    private static void requireInUse(SQLException e, int tries, String name) throws SQLException {
        if (!IN_USE.equals(e.getSQLState())) {
            throw e;
        }
        if (tries == TRIES) {
            throw StepFailure
                    .external("database-busy", "the database " + name + " is in use by sessions that come back as"
                            + " soon as they are ended; stop the programs that use it")
                    .causedBy(e);
        }
    }

    private void endSessions(String name) throws SQLException {
        text("SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE datname = ? AND pid <> pg_backend_pid()",
                name);
    }

    private List<String> text(String query, String parameter) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setString(1, parameter);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    rows.add(row.getString(1));
                }
            }
        }
        return rows;
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
