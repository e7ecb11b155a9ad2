package greg.pruning.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import greg.pruning.report.BadJsonException;
import greg.pruning.report.HtmlReport;
import greg.pruning.report.RunRecord;
import greg.pruning.run.RunException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;

/**
 * Serves the page of a run that may be under way, to browsers on this machine only: the socket is bound to the loopback
 * address, and requests under another host's name, which a page elsewhere could make a browser send, are refused.
 */
final class LivePage implements AutoCloseable {
    private static final int THREADS = 4;

    private final Path folder;
    private final HttpServer server;
    /** A request that stalls keeps no other from its answer. */
    private final ExecutorService answering;

    /**
     * Serves from now on.
     *
     * @param port 0: a free one
     * @throws RunException if the port is taken
     */
    LivePage(Path folder, int port) {
        this.folder = folder;
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        try {
            server = HttpServer.create(address, 0);
        } catch (IOException e) {
            throw new RunException(
                    "--port " + port + ": cannot listen on " + address + " (" + e.getMessage() + "); name another", e);
        }
        ThreadFactory daemons = task -> {
            Thread thread = new Thread(task, "live page");
            thread.setDaemon(true);
            return thread;
        };
        answering = Executors.newFixedThreadPool(THREADS, daemons);
        server.setExecutor(answering);
        server.createContext("/", this::answer);
        server.start();
    }

    /** Where the page is. */
    String url() {
        return "http://localhost:" + server.getAddress().getPort() + "/";
    }

    /** Where it listens. */
    InetSocketAddress address() {
        return server.getAddress();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String host = exchange.getRequestHeaders().getFirst("Host");
            boolean here = host != null && host.matches("(localhost|127\\.0\\.0\\.1|\\[::1])(:\\d+)?");
            boolean read = exchange.getRequestMethod().equals("GET");
            if (!here || !read || !exchange.getRequestURI().getPath().equals("/")) {
                exchange.sendResponseHeaders(!here ? 403 : read ? 404 : 405, -1);
                return;
            }
            byte[] page = page().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
            exchange.getResponseHeaders().set("Cache-Control", "no-store");
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
        }
    }

    /** A file that is just being replaced, or a run that was just removed, is no reason to end. */
    private String page() {
        try {
            return HtmlReport.live(RunRecord.readUnderWay(folder));
        } catch (BadJsonException | IllegalArgumentException | UncheckedIOException e) {
            return HtmlReport.liveMessage(e.getMessage());
        }
    }

    @Override
    public void close() {
        server.stop(0);
        answering.shutdownNow();
    }
}
