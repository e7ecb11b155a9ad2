package greg.datasets.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/** Closes a stream on which nothing has arrived for too long: a read of the HTTP client's streams has no time limit. */
final class Watchdog implements AutoCloseable {
    private final Thread thread;
    private volatile long last = System.nanoTime();
    private volatile boolean bitten;

    Watchdog(InputStream stream, Duration patience) {
        thread = new Thread(() -> watch(stream, patience), "greg-download-watchdog");
        thread.setDaemon(true);
        thread.start();
    }

    /** Notes that something arrived. */
    void alive() {
        last = System.nanoTime();
    }

    /** Whether it has closed the stream. */
    boolean hasBitten() {
        return bitten;
    }

    private void watch(InputStream stream, Duration patience) {
        try {
            while (true) {
                long left = patience.toNanos() - (System.nanoTime() - last);
                if (left <= 0) break;
                Thread.sleep(left / 1_000_000 + 1);
            }
            bitten = true;
            stream.close();
        } catch (InterruptedException e) {
            // the download has ended
        } catch (IOException e) {
            // closed is closed
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
