package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code report --follow}. */
class LivePageTest {
    @TempDir
    Path folder;

    @BeforeEach
    void aRunUnderWay() throws IOException {
        Files.writeString(
                folder.resolve("config.json"),
                "{\"command\":\"train\",\"args\":[],\"arch\":\"lenet5\",\"seed\":0,\"dataset\":{\"name\":\"mnist\"},\"options\":{}}");
        Files.writeString(folder.resolve("metrics.jsonl"), "");
    }

    private static String get(LivePage page, String path, String host) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port(page))) {
            String request = "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static int port(LivePage page) {
        return URI.create(page.url()).getPort();
    }

    @Test
    void everyRequestShowsTheRunAsItIs() throws IOException {
        try (LivePage page = new LivePage(folder, 0)) {
            assertTrue(
                    page.address().getAddress().isLoopbackAddress(),
                    page.address().toString());
            String before = get(page, "/", "localhost:" + port(page));
            assertTrue(before.startsWith("HTTP/1.1 200 "), before);
            String epoch =
                    "{\"phase\":\"train\",\"epoch\":0,\"iteration\":9,\"loss\":1.5,\"accuracy\":50.0,\"test_loss\":1.0,"
                            + "\"test_accuracy\":61.5,\"test_accuracy5\":99.0}\n";
            String half = "{\"phase\":\"train\",\"ep";
            Files.writeString(folder.resolve("metrics.jsonl"), epoch + half, StandardOpenOption.APPEND);
            String after = get(page, "/", "127.0.0.1");
            assertTrue(after.contains("<td>61.50</td>") && !before.contains("<td>61.50</td>"), after);
            Files.delete(folder.resolve("config.json"));
            assertTrue(get(page, "/", "localhost").contains("expected the folder of a run"), "the run is gone");
        }
    }

    @Test
    void onlyThisMachineIsAnswered() throws IOException {
        try (LivePage page = new LivePage(folder, 0)) {
            assertTrue(
                    get(page, "/", "example.org").startsWith("HTTP/1.1 403 "), "a name that resolves to this machine");
            assertTrue(get(page, "/config.json", "localhost").startsWith("HTTP/1.1 404 "));
            List<InetAddress> others = NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .filter(address -> !address.isLoopbackAddress() && address.getAddress().length == 4)
                    .toList();
            for (InetAddress other : others) {
                assertThrows(ConnectException.class, () -> new Socket(other, port(page)).close(), other.toString());
            }
        }
    }

    @Test
    void aPortThatIsTakenIsNamed() {
        try (LivePage page = new LivePage(folder, 0)) {
            Cli cli = Cli.run("report", folder.toString(), "--follow", "--port", Integer.toString(port(page)));
            assertEquals(1, cli.code(), cli.err());
            assertTrue(cli.err().contains("--port " + port(page)) && cli.err().contains("name another"), cli.err());
        }
        Cli none = Cli.run("report", folder.resolve("none").toString(), "--follow");
        assertEquals(2, none.code(), none.err());
    }
}
