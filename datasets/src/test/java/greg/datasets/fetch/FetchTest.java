package greg.datasets.fetch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.datasets.DatasetException;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a server in this process, which breaks off, ignores ranges or sends nonsense on request. */
class FetchTest {
    @TempDir
    Path folder;

    private ServerSocket server;
    private volatile Socket stalled;
    private volatile boolean stall;
    private volatile byte[] content = new byte[0];
    private volatile boolean ranges = true;
    private volatile int breakAfter = -1;
    private volatile int status = 200;
    private final List<String> asked = new CopyOnWriteArrayList<>();

    @BeforeEach
    void start() throws IOException {
        server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(this::serve, "fetch-test-server");
        thread.setDaemon(true);
        thread.start();
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        if (stalled != null) stalled.close();
    }

    /** One request per connection, until the server is closed. */
    private void serve() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                if (answer(socket)) socket.close();
                else stalled = socket;
            } catch (IOException e) {
                // the client has gone, or the test is over
            }
        }
    }

    private boolean answer(Socket socket) throws IOException {
        BufferedReader in =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        String range = null;
        for (String line; (line = in.readLine()) != null && !line.isEmpty(); ) {
            if (line.toLowerCase(Locale.ROOT).startsWith("range:"))
                range = line.substring(6).strip();
        }
        asked.add(String.valueOf(range));
        int from = range == null || !ranges ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
        boolean refused = from > 0 && from >= content.length;
        int code = refused ? 416 : status == 200 && from > 0 ? 206 : status;
        int length = refused ? 0 : content.length - from;
        OutputStream out = socket.getOutputStream();
        out.write(("HTTP/1.1 " + code + " -\r\nContent-Length: " + length + "\r\nConnection: close\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        int count = breakAfter < 0 ? length : Math.min(length, breakAfter);
        out.write(content, refused ? 0 : from, count);
        out.flush();
        return !stall;
    }

    private URI url(String file) {
        return URI.create(
                "http://" + server.getInetAddress().getHostAddress() + ":" + server.getLocalPort() + "/data/" + file);
    }

    private static String md5(byte[] bytes) throws Exception {
        return "md5:"
                + HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes));
    }

    private static String sha256(byte[] bytes) throws Exception {
        return "sha256:"
                + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    private Archive archive(String digest, Unpack unpack, String... urls) {
        return Archive.of(content.length, List.of(digest), unpack, urls);
    }

    private static Download quiet() {
        return new Download(null, (file, done, total) -> {});
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    @Test
    void downloadsChecksAndUnpacksOnceOnly() throws Exception {
        content = new TarWriter()
                .folder("set/")
                .file("set/a.bin", "first")
                .file("set/deep/b.bin", "x".repeat(700))
                .gzipped();
        Source source = new Source(
                "set",
                List.of(archive(
                        sha256(content), Unpack.TAR_GZ, url("set.tar.gz").toString())),
                List.of("set/a.bin", "set/deep/b.bin"));
        List<String> seen = new ArrayList<>();
        Download download = new Download(null, (file, done, total) -> seen.add(file + " " + done + "/" + total));
        source.fetch(folder.resolve("new/place"), download);
        assertEquals("first", Files.readString(folder.resolve("new/place/set/a.bin")));
        assertEquals("x".repeat(700), Files.readString(folder.resolve("new/place/set/deep/b.bin")));
        assertEquals("set.tar.gz " + content.length + "/" + content.length, seen.get(seen.size() - 1));
        assertFalse(Files.exists(folder.resolve("new/place/set.tar.gz")), "the archive is no longer needed");
        source.fetch(folder.resolve("new/place"), download);
        assertEquals(1, asked.size(), "what is there is not fetched again");
    }

    @Test
    void unpacksZip() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("z/"));
            zip.putNextEntry(new ZipEntry("z/one.txt"));
            zip.write("1".getBytes(StandardCharsets.UTF_8));
        }
        content = bytes.toByteArray();
        new Source("z", List.of(archive(md5(content), Unpack.ZIP, url("z.zip").toString())), List.of("z/one.txt"))
                .fetch(folder, quiet());
        assertEquals("1", Files.readString(folder.resolve("z/one.txt")));
    }

    @Test
    void goesOnWhereItBrokeOff() throws Exception {
        content = random(300_000);
        breakAfter = 120_000;
        Archive archive = archive(md5(content), Unpack.NOTHING, url("a.gz").toString());
        Path file = quiet().get("a", archive, folder);
        assertArrayEquals(content, Files.readAllBytes(file));
        assertEquals(3, asked.size(), asked.toString());
        assertEquals("null", asked.get(0));
        assertTrue(asked.get(2).matches("bytes=\\d+-"), asked.toString());
        assertFalse(Files.exists(folder.resolve("a.gz.part")));
    }

    @Test
    void aSiteThatStallsIsGivenUp() throws Exception {
        content = random(500_000);
        breakAfter = 20_000;
        stall = true;
        Archive archive = archive(md5(content), Unpack.NOTHING, url("a.gz").toString());
        Download impatient = new Download(null, (file, done, total) -> {}, Duration.ofMillis(300));
        DatasetException error = assertThrows(DatasetException.class, () -> impatient.get("a", archive, folder));
        assertTrue(error.getMessage().contains("nothing arrived for 0 s after 60000 bytes"), error.getMessage());
        assertTrue(Files.size(folder.resolve("a.gz.part")) > 0);
    }

    @Test
    void keepsWhatHasArrivedForTheNextCall() throws Exception {
        content = random(300_000);
        breakAfter = 10_000;
        Archive archive = archive(md5(content), Unpack.NOTHING, url("a.gz").toString());
        DatasetException error = assertThrows(DatasetException.class, () -> quiet().get("a", archive, folder));
        assertTrue(error.getMessage().contains("put a.gz into " + folder), error.getMessage());
        long part = Files.size(folder.resolve("a.gz.part"));
        assertTrue(part > 0 && part < content.length, part + " bytes");
        breakAfter = -1;
        asked.clear();
        quiet().get("a", archive, folder);
        assertEquals(List.of("bytes=" + part + "-"), asked);
    }

    @Test
    void startsOverWhereASiteKnowsNoRangesOrThePartIsOfAnotherFile() throws Exception {
        content = random(5000);
        Archive archive = archive(md5(content), Unpack.NOTHING, url("a.gz").toString());
        Files.write(folder.resolve("a.gz.part"), random(100));
        ranges = false;
        assertArrayEquals(content, Files.readAllBytes(quiet().get("a", archive, folder)));
        Files.delete(folder.resolve("a.gz"));
        ranges = true;
        Files.write(folder.resolve("a.gz.part"), new byte[5000]);
        assertArrayEquals(content, Files.readAllBytes(quiet().get("a", archive, folder)));
    }

    @Test
    void refusesWhatHasAnotherChecksum() throws Exception {
        content = random(1000);
        Archive archive = archive(md5(random(999)), Unpack.NOTHING, url("a.gz").toString());
        DatasetException error = assertThrows(DatasetException.class, () -> quiet().get("a", archive, folder));
        assertTrue(
                error.getMessage().contains("expected 1000 bytes, 1000 arrived; expected checksum "),
                error.getMessage());
        assertFalse(Files.exists(folder.resolve("a.gz")));
        assertFalse(Files.exists(folder.resolve("a.gz.part")), "nonsense is not kept");
    }

    @Test
    void saysWhatASiteAnsweredAndTriesTheNext() throws Exception {
        content = random(100);
        status = 404;
        Archive archive = archive(md5(content), Unpack.NOTHING, url("a.gz").toString());
        DatasetException error = assertThrows(DatasetException.class, () -> quiet().get("a", archive, folder));
        assertTrue(error.getMessage().contains("(HTTP status 404)"), error.getMessage());
        status = 200;
        Archive two = archive(
                md5(content),
                Unpack.NOTHING,
                "http://127.0.0.1:1/a.gz",
                url("a.gz").toString());
        assertArrayEquals(content, Files.readAllBytes(quiet().get("a", two, folder)));
    }

    @Test
    void offlineIsSaidInOneLineAndAFilePutThereByHandIsTaken() throws Exception {
        content = random(100);
        Archive archive = archive(md5(content), Unpack.NOTHING, "http://127.0.0.1:1/a.gz");
        DatasetException error = assertThrows(DatasetException.class, () -> quiet().get("a", archive, folder));
        assertEquals(
                "data fetch a: cannot download http://127.0.0.1:1/a.gz (no connection); if this machine is offline, put"
                        + " a.gz into " + folder + " by hand and run this again",
                error.getMessage());
        Files.write(folder.resolve("a.gz"), content);
        assertEquals(folder.resolve("a.gz"), quiet().get("a", archive, folder));
    }

    @Test
    void aMirrorIsAskedInstead() throws Exception {
        content = random(100);
        Archive archive = archive(md5(content), Unpack.NOTHING, "http://nowhere.invalid/deep/a.gz");
        Download mirrored = new Download(url(""), (file, done, total) -> {});
        assertArrayEquals(content, Files.readAllBytes(mirrored.get("a", archive, folder)));
    }

    @Test
    void aSiteThatSendsWithoutEndIsCutOff() throws Exception {
        content = random(100);
        Archive archive = archive(md5(content), Unpack.NOTHING, url("a.gz").toString());
        content = random(50_000_000);
        DatasetException error = assertThrows(DatasetException.class, () -> quiet().get("a", archive, folder));
        String message = error.getMessage();
        assertTrue(message.matches(".*expected 100 bytes, \\d{3,6} arrived; .*"), message);
        assertFalse(Files.exists(folder.resolve("a.gz.part")));
    }

    @Test
    void allChecksumsMustAgree() throws Exception {
        content = random(100);
        for (List<String> digests :
                List.of(List.of(md5(content), sha256(random(99))), List.of(md5(random(99)), sha256(content)))) {
            Archive archive =
                    Archive.of(100, digests, Unpack.NOTHING, url("a.gz").toString());
            DatasetException error = assertThrows(DatasetException.class, () -> quiet().get("a", archive, folder));
            assertTrue(error.getMessage().contains("expected checksum"), error.getMessage());
        }
        Archive both = Archive.of(
                100,
                List.of(md5(content), sha256(content)),
                Unpack.NOTHING,
                url("a.gz").toString());
        assertArrayEquals(content, Files.readAllBytes(quiet().get("a", both, folder)));
    }

    @Test
    void sourcesAreOfficialAndOthersAreExplained() {
        for (String name : Source.names()) {
            for (Archive archive : Source.of(name).archives()) {
                assertFalse(archive.file().isEmpty(), name);
                for (URI url : archive.urls()) assertEquals("https", url.getScheme(), name);
                assertTrue(archive.digests().stream().anyMatch(d -> d.startsWith("sha256:")), name);
            }
        }
        assertTrue(message("imagenet").contains("agree to its terms"));
        assertTrue(message("synthetic").contains("nothing to fetch"));
        assertTrue(message("cifar1").contains("unknown data set; can be fetched: cifar10, "));
    }

    private static String message(String name) {
        return assertThrows(IllegalArgumentException.class, () -> Source.of(name))
                .getMessage();
    }
}
