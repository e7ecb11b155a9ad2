package greg.datasets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Bad files of an image folder, and a checksum that covers the pixels. */
@ResourceLock("greg.data")
class ImageCheckTest {
    @TempDir
    Path root;

    @TempDir
    Path home;

    private String homeBefore;

    @BeforeEach
    void write() throws IOException {
        homeBefore = System.setProperty("greg.data", home.toString());
        for (String half : List.of("train", "test")) {
            for (int i = 0; i < 4; i++) {
                TestData.copyImage("rgb.png", root.resolve(half).resolve("ant").resolve(i + ".png"));
                TestData.copyImage("rgb.jpg", root.resolve(half).resolve("bee").resolve(i + ".jpg"));
            }
        }
    }

    @AfterEach
    void restore() {
        if (homeBefore == null) System.clearProperty("greg.data");
        else System.setProperty("greg.data", homeBefore);
    }

    /** Keeps what it is told. */
    private static final class Recorder implements ImageCheck {
        private final boolean skipBad;
        final List<String> bad = new ArrayList<>();
        final List<String> progress = new ArrayList<>();

        Recorder(boolean skipBad) {
            this.skipBad = skipBad;
        }

        @Override
        public boolean skipBad() {
            return skipBad;
        }

        @Override
        public void bad(Path file, String why) {
            bad.add(file + ": " + why);
        }

        @Override
        public void progress(String task, long done, long total) {
            progress.add(task + " " + done + "/" + total);
        }
    }

    private DataSplit open(ImageCheck check) {
        return Datasets.open("imagefolder", root, 8, new ImageReading(check, 2, false));
    }

    @Test
    void allBadFilesAreFoundNamedAndLeftOut() throws IOException {
        Path cut = Files.write(root.resolve("train/ant/1.png"), new byte[100]);
        Path link = Files.createSymbolicLink(root.resolve("train/bee/9.jpg"), root.resolve("nowhere"));
        Path empty = Files.write(root.resolve("test/bee/0.jpg"), new byte[0]);
        Recorder check = new Recorder(true);
        DataSplit split = open(check);
        assertEquals(
                List.of(
                        cut + ": not a JPEG, PNG, BMP or GIF image",
                        link + ": does not exist",
                        empty + ": not a JPEG, PNG, BMP or GIF image"),
                check.bad);
        assertEquals(7, split.train().size());
        assertEquals(List.of(0, 0, 0, 1, 1, 1, 1), labels(split.train()));
        assertEquals(7, split.test().size());
        assertEquals("check imagefolder/train 0/9", check.progress.get(0));
        assertEquals("check imagefolder/train 9/9", check.progress.get(9));
        byte[] image = new byte[8 * 8 * 3];
        for (int i = 0; i < 7; i++) split.train().image(i, image, 0);
        String checksum = split.train().checksum();
        Files.delete(cut);
        Files.delete(link);
        assertEquals(checksum, open(ImageCheck.NONE).train().checksum(), "it covers what is left");
    }

    private static List<Integer> labels(Dataset data) {
        List<Integer> labels = new ArrayList<>();
        for (int i = 0; i < data.size(); i++) labels.add(data.label(i));
        return labels;
    }

    @Test
    void withoutTheChoiceABadFileIsNamedWithIt() throws IOException {
        Files.write(root.resolve("train/ant/1.png"), new byte[100]);
        Dataset train = open(ImageCheck.NONE).train();
        String message = assertThrows(DatasetException.class, () -> train.image(1, new byte[8 * 8 * 3], 0))
                .getMessage();
        assertTrue(message.matches(".*ant.1\\.png: not a JPEG.*with the setting skipBadImages"), message);
    }

    @Test
    void aHalfWithoutAnyGoodFileIsRefused() throws IOException {
        try (Stream<Path> files = Files.walk(root.resolve("test"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) Files.write(file, new byte[3]);
        }
        String message = assertThrows(DatasetException.class, () -> open(new Recorder(true)))
                .getMessage();
        assertTrue(message.contains("imagefolder/test: none of the 8 images can be decoded"), message);
    }

    @Test
    void aChangedPixelChangesTheChecksum() throws IOException {
        String before = open(ImageCheck.NONE).train().checksum();
        assertTrue(before.matches("content-sha256:[0-9a-f]{64}"), before);
        Path file = root.resolve("train/ant/1.png");
        FileTime time = Files.getLastModifiedTime(file);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 20] ^= 1;
        Files.write(file, bytes);
        Files.setLastModifiedTime(file, time); // as long and as old as before
        assertNotEquals(before, open(ImageCheck.NONE).train().checksum());
        assertNotEquals(before, Datasets.open("imagefolder", root, 9).train().checksum(), "of another size");
    }

    private static String checksum(List<ImageFolder.Entry> entries, Path root, Recorder check, Instant now) {
        return ContentChecksum.of("x", root, entries, "", check, now);
    }

    @Test
    void theChecksumIsRememberedUntilAFileChanges() throws IOException {
        Path folder = root.resolve("train/ant");
        List<ImageFolder.Entry> entries = new ArrayList<>();
        for (int i = 0; i < 4; i++) entries.add(new ImageFolder.Entry(folder.resolve(i + ".png"), i));
        Instant later = Instant.now().plusSeconds(10);
        Recorder justNow = new Recorder(false);
        String sum = checksum(entries, folder, justNow, Instant.now());
        assertEquals(sum, checksum(entries, folder, justNow, Instant.now()));
        assertEquals(10, justNow.progress.size(), "files as new as this may change again unnoticed: read both times");
        Recorder first = new Recorder(false);
        assertEquals(sum, checksum(entries, folder, first, later));
        assertEquals(
                List.of(
                        "checksum of x 0/4",
                        "checksum of x 1/4",
                        "checksum of x 2/4",
                        "checksum of x 3/4",
                        "checksum of x 4/4"),
                first.progress);
        Recorder second = new Recorder(false);
        assertEquals(sum, checksum(entries, folder, second, later));
        assertEquals(List.of(), second.progress, "remembered");
        Recorder thorough = new Recorder(true);
        assertEquals(sum, checksum(entries, folder, thorough, later));
        assertEquals(5, thorough.progress.size(), "who asks for a check gets one");

        Path file = folder.resolve("2.png");
        FileTime time = Files.getLastModifiedTime(file);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 20] ^= 1;
        Files.write(file, bytes);
        Files.setLastModifiedTime(file, time);
        String changed = checksum(entries, folder, second, later);
        assertNotEquals(sum, changed);
        bytes[bytes.length - 20] ^= 1;
        Files.write(file, bytes);
        assertEquals(sum, checksum(entries, folder, second, later));
        entries.set(2, new ImageFolder.Entry(file, 3));
        assertNotEquals(sum, checksum(entries, folder, second, later), "another label");
    }

    @Test
    void whereItCannotBeRememberedOrIsDamagedItIsComputed() throws IOException {
        Path folder = root.resolve("train/ant");
        List<ImageFolder.Entry> entries = List.of(new ImageFolder.Entry(folder.resolve("0.png"), 0));
        Instant later = Instant.now().plusSeconds(10);
        Path memory = home.resolve(".checksums");
        Files.writeString(memory, "a file where a folder should be");
        Recorder check = new Recorder(false);
        String sum = checksum(entries, folder, check, later);
        assertEquals(sum, checksum(entries, folder, check, later));
        assertEquals(4, check.progress.size());
        Files.delete(memory);
        checksum(entries, folder, check, later);
        try (Stream<Path> files = Files.list(memory)) {
            Files.write(files.findFirst().orElseThrow(), new byte[] {(byte) 0xFF, 1, 2});
        }
        assertEquals(sum, checksum(entries, folder, check, later));
    }
}
