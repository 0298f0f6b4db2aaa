package dev.godwit.activities.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.faults.Fault.Direction;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FaultProxyTest {
    private static final int SENT = 100_000;

    private final ServerSocket sender;
    private final FaultProxy proxy;

    /** Behind the proxy is a server that sends so many bytes to whoever comes, and closes. */
    FaultProxyTest() throws IOException {
        sender = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        proxy = FaultProxy.inFrontOf("127.0.0.1", sender.getLocalPort());
        Thread.ofVirtual().start(() -> {
            while (!sender.isClosed()) {
                try (Socket client = sender.accept()) {
                    client.getOutputStream().write(new byte[SENT]);
                } catch (IOException e) {
                    continue;
                }
            }
        });
    }

    @AfterEach
    void close() throws IOException {
        proxy.close();
        sender.close();
    }

    @Test
    void without_a_fault_all_arrives_and_the_next_ones_have_theirs_in_order() throws Exception {
        proxy.next(Fault.NONE, Fault.close(Direction.TO_CLIENT, 12_345),
                Fault.throttle(Direction.TO_CLIENT, 10_000_000),
                Fault.delay(Direction.TO_CLIENT, Duration.ofMillis(1)));

        assertThat(received()).isEqualTo(SENT);
        assertThat(received()).isEqualTo(12_345);
        assertThat(received()).isEqualTo(SENT);
        assertThat(received()).isEqualTo(SENT);
        assertThat(received()).isEqualTo(SENT);
        assertThat(proxy.accepted()).isEqualTo(5);
        assertThat(proxy.faulty()).isEqualTo(3);
    }

    @Test
    void the_same_seed_brings_the_same_faults_after_the_same_bytes() throws Exception {
        List<Integer> once = received(42, 30);
        List<Integer> again = received(42, 30);

        assertThat(again).isEqualTo(once);
        assertThat(once).contains(SENT).anyMatch(bytes -> bytes < SENT);
        assertThat(received(43, 30)).isNotEqualTo(once);
    }

    @Test
    void a_reset_is_told_and_silence_is_not() throws Exception {
        proxy.next(Fault.reset(Direction.TO_CLIENT, 0));
        assertThatThrownBy(this::received).isInstanceOf(IOException.class).hasMessageContaining("reset");

        proxy.each(Fault.blackHole());
        CompletableFuture<Integer> silent = CompletableFuture.supplyAsync(() -> {
            try {
                return received();
            } catch (IOException e) {
                return -1;
            }
        }, Thread::startVirtualThread);
        assertThatThrownBy(() -> silent.get(300, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        proxy.resetAll();
        assertThat(silent.get(1, TimeUnit.MINUTES)).isEqualTo(-1);
    }

    @Test
    void a_server_goes_away_and_comes_back_on_the_same_port() throws Exception {
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase();
                FaultProxy postgres = FaultProxy.inFrontOf("localhost", PostgresServer.shared().port())) {
            String url = "jdbc:postgresql://127.0.0.1:" + postgres.port() + "/" + database.name() + "?user=postgres";
            try (Connection connection = DriverManager.getConnection(url);
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE rows AS SELECT generate_series(1, 1000) AS id");
                postgres.goAway();
                assertThatThrownBy(() -> statement.execute("SELECT 1")).isInstanceOf(SQLException.class);
            }
            assertThatThrownBy(() -> DriverManager.getConnection(url)).hasRootCauseInstanceOf(ConnectException.class);

            postgres.comeBack();
            try (Connection connection = DriverManager.getConnection(url);
                    Statement statement = connection.createStatement()) {
                postgres.stall();
                CompletableFuture<Boolean> answer = CompletableFuture.supplyAsync(() -> {
                    try {
                        return statement.execute("SELECT * FROM rows");
                    } catch (SQLException e) {
                        return false;
                    }
                }, Thread::startVirtualThread);
                assertThatThrownBy(() -> answer.get(300, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
                postgres.flow();
                assertThat(answer.get(1, TimeUnit.MINUTES)).isTrue();
                assertThat(postgres.open()).isEqualTo(1);
            }
        }
    }

    @Test
    void a_client_is_held_up_after_its_words_and_what_it_says_then_arrives_when_it_is_released() throws Exception {
        try (PostgresServer.Database database = PostgresServer.shared()
                .newDatabase()
                .execute("CREATE TABLE rows (i integer)");
                FaultProxy postgres = FaultProxy.inFrontOf("localhost", PostgresServer.shared().port())
                        .holdAfter("SELECT 1",
                                "INSERT");
                Connection connection = DriverManager
                        .getConnection("jdbc:postgresql://localhost:" + postgres.port() + "/"
                                + database.name() + "?user=postgres");
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("SELECT 1");
            statement.execute("INSERT INTO rows VALUES (1)");
            CompletableFuture<Void> committed = CompletableFuture.runAsync(() -> {
                try {
                    connection.commit();
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            }, Thread::startVirtualThread);
            while (postgres.held() == 0) {
                Thread.onSpinWait();
            }
            assertThat(database.rows("SELECT * FROM rows")).isEmpty();

            postgres.holdNoMore().release();
            committed.get(3, TimeUnit.MINUTES);
            assertThat(database.rows("SELECT i FROM rows")).containsExactly("1");
        }
    }

    private List<Integer> received(long seed, int times) throws IOException {
        proxy.random(seed, 0.5, Fault.close(Direction.TO_CLIENT, SENT));
        List<Integer> counts = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            counts.add(received());
        }
        return counts;
    }

    private int received() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port())) {
            return socket.getInputStream().readAllBytes().length;
        }
    }
}
