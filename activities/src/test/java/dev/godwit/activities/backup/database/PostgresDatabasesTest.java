package dev.godwit.activities.backup.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

/** On a server whose template sorts by ICU. */
class PostgresDatabasesTest {
    @Test
    void a_new_database_sorts_as_the_one_that_it_is_like_whatever_the_template_does() throws Exception {
        try (EmbeddedPostgres server = EmbeddedPostgres.builder()
                .setLocaleConfig("locale-provider", "icu")
                .setLocaleConfig("icu-locale", "en")
                .start();
                Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE plain TEMPLATE template0 LOCALE_PROVIDER libc LC_COLLATE 'C'"
                    + " LC_CTYPE 'C'");
            statement.execute("CREATE DATABASE swedish TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'sv-SE'");
            PostgresDatabases databases = new PostgresDatabases(connection);

            databases.createLike("plain_2", "plain");
            databases.createLike("swedish_2", "swedish");
            databases.createLike("of_template", "missing");

            assertThat(sorting(statement, "plain_2")).isEqualTo(sorting(statement, "plain")).startsWith("c C");
            assertThat(sorting(statement, "swedish_2")).isEqualTo(sorting(statement, "swedish"))
                    .startsWith("i ")
                    .endsWith(" sv-SE");
            assertThat(sorting(statement, "of_template")).startsWith("i ").endsWith(" en");
        }
    }

    private static String sorting(Statement statement, String database) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT concat_ws(' ', datlocprovider, datcollate, datctype,"
                + " daticulocale) FROM pg_database WHERE datname = '" + database + "'")) {
            row.next();
            return row.getString(1);
        }
    }
}
