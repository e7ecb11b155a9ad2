package greg.datasets.fetch;

import greg.datasets.DatasetException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Downloads files by HTTP. What has arrived is kept as {@code FILE.part}, so that an interrupted download resumes where it
 * stopped, in the next attempt or in the next call. A file counts only once its checksums are right.
 */
public final class Download {
    private static final int ATTEMPTS = 3;
    private static final int BUFFER = 1 << 16;
    private static final int OK = 200;
    private static final int PARTIAL = 206;
    private static final int REDIRECT = 3;
    private static final int RANGE_REFUSED = 416;

    // NORMAL never follows a redirect from https to http
    private final HttpClient client = HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NORMAL)
            .connectTimeout(Duration.ofSeconds(20))
            .build();
    private final URI mirror;
    private final Progress progress;
    private final Duration patience;

    /** Receives the progress of a file. */
    @FunctionalInterface
    public interface Progress {
        /** {@code done} of {@code total} bytes have arrived; total is -1 if the site does not say. */
        void at(String file, long done, long total);
    }

    /**
     * Prepares downloads.
     *
     * @param mirror the URL of a folder that holds all files under their own names, used instead of the official sites;
     *     null: the official sites
     */
    public Download(URI mirror, Progress progress) {
        this(mirror, progress, Duration.ofSeconds(60));
    }

    /** As above; a connection on which nothing arrives for {@code patience} counts as broken. */
    Download(URI mirror, Progress progress, Duration patience) {
        this.mirror = mirror;
        this.progress = progress;
        this.patience = patience;
    }

    /**
     * Downloads a file into a folder. One that is already there with the right checksum, from an earlier call or put there
     * by hand, is used as it is.
     *
     * @param name of the data set, for messages
     */
    public Path get(String name, Archive archive, Path folder) {
        Path file = folder.resolve(archive.file());
        try {
            Files.createDirectories(folder);
            if (Files.isRegularFile(file) && Digests.wrong(file, archive.digests()) == null) return file;
            List<String> failures = new ArrayList<>();
            for (URI url : mirror == null ? archive.urls() : List.of(mirror.resolve(archive.file()))) {
                String failure = tryAll(url, archive, file);
                if (failure == null) return file;
                failures.add(url + " (" + failure + ")");
            }
            throw new DatasetException("data fetch " + name + ": cannot download " + String.join(", ", failures)
                    + "; if this machine is offline, put " + archive.file() + " into " + folder
                    + " by hand and run this again");
        } catch (IOException e) {
            throw new DatasetException("data fetch " + name + ": cannot write " + file + " (" + reason(e) + ")", e);
        }
    }

    /**
     * Tries a URL several times, each time resuming where the last one broke off; null if the file is there, else why not.
     */
    private String tryAll(URI url, Archive archive, Path file) throws IOException {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        String failure = null;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            boolean resumed = Files.exists(part) && Files.size(part) > 0;
            failure = transfer(url, archive, part);
            if (failure != null && failure.startsWith("HTTP")) return failure;
            if (failure != null) continue;
            String wrong = Digests.wrong(part, archive.digests());
            if (wrong == null) {
                Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
                return null;
            }
            failure = "expected " + archive.bytes() + " bytes, " + Files.size(part) + " arrived; " + wrong;
            Files.delete(part);
            // a part of an older file under the same name would spoil the new one permanently
            if (!resumed) return failure;
        }
        return failure;
    }

    /** Downloads until the site has no more; null, or what went wrong. */
    private String transfer(URI url, Archive archive, Path part) throws IOException {
        long partBytes = Files.exists(part) ? Files.size(part) : 0;
        HttpRequest.Builder request = HttpRequest.newBuilder(url).timeout(patience);
        if (partBytes > 0) request.header("Range", "bytes=" + partBytes + "-");
        HttpResponse<InputStream> response;
        try {
            response = client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (IOException e) {
            return reason(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
        int status = response.statusCode();
        try (InputStream body = response.body()) {
            if (status == RANGE_REFUSED && partBytes > 0) return null; // nothing is left to send; the checksum decides
            if (status / 100 == REDIRECT) {
                return "HTTP status " + status
                        + ": it redirects to a place that is not followed, from https to http or too often";
            }
            if (status != OK && status != PARTIAL) return "HTTP status " + status;
            boolean append = status == PARTIAL && partBytes > 0;
            long length = response.headers().firstValueAsLong("Content-Length").orElse(-1);
            long start = append ? partBytes : 0;
            return copy(body, part, append, archive, start, length < 0 ? -1 : start + length);
        }
    }

    private String copy(InputStream body, Path part, boolean append, Archive archive, long start, long total)
            throws IOException {
        long done = start;
        byte[] buffer = new byte[BUFFER];
        try (Watchdog watchdog = new Watchdog(body, patience);
                OutputStream out = Files.newOutputStream(
                        part,
                        StandardOpenOption.CREATE,
                        append ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            while (true) {
                int count;
                try {
                    count = body.read(buffer);
                } catch (IOException e) {
                    if (!watchdog.hasBitten()) return reason(e);
                    count = -1;
                }
                if (watchdog.hasBitten()) {
                    return "nothing arrived for " + patience.toSeconds() + " s after " + done + " bytes";
                }
                if (count < 0) break;
                watchdog.alive();
                out.write(buffer, 0, count);
                done += count;
                progress.at(archive.file(), done, total);
                if (done > archive.bytes()) return null; // a site may send without end; the checksum decides
            }
        }
        return total >= 0 && done < total ? "the connection ended after " + done + " of " + total + " bytes" : null;
    }

    /**
     * An error in one line; those of the HTTP client often have no message, but the class of the cause says what happened.
     */
    static String reason(IOException e) {
        Throwable last = e;
        while (last.getMessage() == null && last.getCause() != null) last = last.getCause();
        String kind = last.getClass().getSimpleName();
        if (kind.equals("UnresolvedAddressException")) return "unknown host";
        if (kind.equals("ClosedChannelException") || kind.equals("ConnectException")) return "no connection";
        if (last.getMessage() == null) return kind;
        // the message of these is often a path and nothing else
        String what = last instanceof FileSystemException ? kind + ": " : "";
        return what + last.getMessage().replaceAll("\\s*\\R\\s*", " ");
    }
}
