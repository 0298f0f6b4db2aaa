package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.util.List;
import org.junit.jupiter.api.Test;

class EmbeddedTemporalTest {
    @Test
    void a_port_that_is_taken_is_named_with_the_remedy() {
        int port = EmbeddedTemporal.freePort();
        try (EmbeddedTemporal first = EmbeddedTemporal.start(port)) {
            assertThat(first.address()).isEqualTo("127.0.0.1:" + port);
            assertThatThrownBy(() -> EmbeddedTemporal.start(port)).hasMessageContaining("127.0.0.1:" + port)
                    .hasMessageContaining("--port");
        }
    }

    @Test
    void it_listens_to_this_machine_only() throws Exception {
        List<InetAddress> others = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
                .toList();
        int port = EmbeddedTemporal.freePort();
        try (EmbeddedTemporal temporal = EmbeddedTemporal.start(port)) {
            assertThat(temporal.address()).endsWith(":" + port);
            for (InetAddress other : others) {
                assertThatThrownBy(() -> connect(other, port)).isInstanceOf(IOException.class);
            }
            connect(InetAddress.getLoopbackAddress(), port);
        }
    }

    private static void connect(InetAddress address, int port) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), 2000);
            assertThat(socket.getInputStream().read()).as("the first byte that the server says").isNotNegative();
        }
    }
}
