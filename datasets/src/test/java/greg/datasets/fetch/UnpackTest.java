package greg.datasets.fetch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.datasets.DatasetException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Archives that would write where they should not, or without end. The target is {@code folder/inside}. */
class UnpackTest {
    @TempDir
    Path folder;

    private Path inside;

    @BeforeEach
    void create() throws IOException {
        inside = Files.createDirectories(folder.resolve("inside"));
    }

    /** A zip file of one entry. */
    private static byte[] zip(String name, byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry(name));
            zip.write(content);
        }
        return bytes.toByteArray();
    }

    private void assertRefused(Unpack how, byte[] archive, String... parts) throws IOException {
        List<Path> before = outside();
        Path file = Files.write(folder.resolve("archive"), archive);
        DatasetException error = assertThrows(DatasetException.class, () -> how.run(file, inside));
        assertEquals(1, error.getMessage().lines().count());
        for (String part : parts) assertTrue(error.getMessage().contains(part), error.getMessage());
        Files.delete(file);
        assertEquals(before, outside(), "nothing is written outside");
        try (Stream<Path> left = Files.walk(inside)) {
            assertFalse(left.anyMatch(p -> p.toString().endsWith(".tmp")), "no part of a file is left");
        }
    }

    private List<Path> outside() throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(p -> !p.startsWith(inside)).sorted().toList();
        }
    }

    @Test
    void filesThatWouldLieOutsideAreRefused() throws IOException {
        for (String name : List.of(
                "../evil",
                "/evil",
                "//evil",
                "a/../../evil",
                "a/..",
                "a/../b",
                "..",
                "x/../..",
                "a/./../../evil",
                "C:/evil",
                "..\\evil",
                "a\\..\\..\\evil")) {
            assertRefused(Unpack.TAR_GZ, new TarWriter().file(name, "x").gzipped(), "outside the folder");
            assertRefused(Unpack.TAR_GZ, new TarWriter().folder(name).gzipped(), "outside the folder");
            assertRefused(Unpack.ZIP, zip(name, new byte[] {1}), "outside the folder");
        }
        for (String name : List.of(".", "./", "././.")) {
            assertRefused(Unpack.TAR_GZ, new TarWriter().file(name, "x").gzipped(), "without a name");
        }
        assertRefused(Unpack.ZIP, zip(".", new byte[] {1}), "without a name");
        assertRefused(Unpack.ZIP, zip("a\0b", new byte[] {1}), "not possible here");
        assertRefused(
                Unpack.TAR_GZ,
                new TarWriter()
                        .file("\uD800\n\u001b", "x")
                        .folder("\uD800/\0")
                        .file("..", "")
                        .gzipped());
    }

    @Test
    void ordinaryNamesAreFine() throws IOException {
        byte[] tar = new TarWriter()
                .folder("./")
                .folder(".")
                .file("./a", "1")
                .file("b//c", "2")
                .file("..d", "3")
                .entry("pax", 'g', "30 comment=of a tool like git\n")
                .file("e", "")
                .gzipped();
        Unpack.TAR_GZ.run(Files.write(folder.resolve("tar"), tar), inside);
        assertEquals("1", Files.readString(inside.resolve("a")));
        assertEquals("2", Files.readString(inside.resolve("b/c")));
        assertEquals("3", Files.readString(inside.resolve("..d")));
        assertEquals("", Files.readString(inside.resolve("e")));
    }

    @Test
    void nothingIsWrittenThroughALink() throws IOException {
        Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("precious"), "as it was");
        Files.createSymbolicLink(inside.resolve("link"), elsewhere);
        Files.createSymbolicLink(inside.resolve("file"), elsewhere.resolve("precious"));
        for (String name : List.of("link/precious", "link/new", "file", "link/deep/new")) {
            assertRefused(Unpack.TAR_GZ, new TarWriter().file(name, "x").gzipped(), "through the link");
            assertRefused(Unpack.ZIP, zip(name, new byte[] {1}), "through the link");
        }
        assertEquals("as it was", Files.readString(elsewhere.resolve("precious")));
        // an archive cannot make a link either: kinds 1 to 6 but 5 are links and devices
        for (char kind : new char[] {'1', '2', '3', '4', '6'}) {
            byte[] tar =
                    new TarWriter().entry("made", kind, "").file("after", "x").gzipped();
            Unpack.TAR_GZ.run(Files.write(folder.resolve("tar"), tar), inside);
            assertFalse(Files.exists(inside.resolve("made"), LinkOption.NOFOLLOW_LINKS));
            assertEquals("x", Files.readString(inside.resolve("after")));
        }
    }

    @Test
    void theTargetItselfMayBeALink() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("data"), inside);
        byte[] tar = new TarWriter().file("a", "1").gzipped();
        Unpack.TAR_GZ.run(Files.write(folder.resolve("tar"), tar), link);
        assertEquals("1", Files.readString(inside.resolve("a")));
    }

    @Test
    void sizesThatLieAndKindsThatChangeAnEntryAreRefused() throws IOException {
        for (String size : List.of("-0000000001", "-1", "", "0x10", "9", "77777777777", "\u00FF\u00FF", "1 1")) {
            byte[] tar = new TarWriter().entry("a", '0', size, new byte[1]).gzipped();
            assertRefused(Unpack.TAR_GZ, tar);
        }
        for (char kind : new char[] {'L', 'K', 'S', 'M', 'V', 'N', '8'}) {
            assertRefused(
                    Unpack.TAR_GZ, new TarWriter().entry("a", kind, "long").gzipped(), "of the kind '" + kind);
        }
        for (String record : List.of("18 path=../evil\n", "11 size=12\n", "22 GNU.sparse.major=1\n")) {
            byte[] tar = new TarWriter()
                    .entry("p", 'x', "9 atime=1\n" + record)
                    .file("a", "x")
                    .gzipped();
            assertRefused(Unpack.TAR_GZ, tar, "pax header");
        }
        assertRefused(
                Unpack.TAR_GZ,
                new TarWriter().entry("p", 'x', "a".repeat(70_000)).gzipped(),
                "pax header");
    }

    @Test
    void archivesThatUnpackToFarMoreThanTheirSizeAreRefused() throws IOException {
        String zeros = "\0".repeat(3_000_000);
        byte[][] tars = {
            new TarWriter().file("a", zeros).gzipped(),
            new TarWriter()
                    .file("a", zeros.substring(2_500_000))
                    .file("b", zeros.substring(2_000_000))
                    .gzipped(),
            new TarWriter().entry("link", '2', zeros).gzipped(),
            new TarWriter().entry("folder", '5', zeros).gzipped(),
        };
        for (byte[] tar : tars) assertRefused(Unpack.TAR_GZ, tar, "unpacks to more than");
        assertRefused(Unpack.ZIP, zip("a", zeros.getBytes(StandardCharsets.UTF_8)), "unpacks to more than");
        assertRefused(Unpack.ZIP, zip("z/", zeros.getBytes(StandardCharsets.UTF_8)), "unpacks to more than");
    }

    @Test
    void truncatedArchivesAreRefused() throws IOException {
        byte[] whole = new TarWriter()
                .file("a.bin", "q".repeat(5000))
                .file("b.bin", "y")
                .gzipped();
        assertRefused(Unpack.TAR_GZ, Arrays.copyOf(whole, whole.length / 2));
        byte[] zip = zip("a", "q".repeat(5000).getBytes(StandardCharsets.UTF_8));
        assertRefused(Unpack.ZIP, Arrays.copyOf(zip, 40));
    }

    /** What is in the gzip stream is damaged, not the stream: its own checksum would stop nearly everything. */
    @Test
    void damagedArchivesAreUnpackedInsideOrRefused() throws IOException {
        TarWriter tar = new TarWriter()
                .folder("a/")
                .file("a/b", "x".repeat(600))
                .entry("p", 'x', "9 atime=1\n")
                .file("c", "y");
        byte[] zip = zip("d/e", "q".repeat(700).getBytes(StandardCharsets.UTF_8));
        List<Path> before = outside();
        for (int seed = 0; seed < 500; seed++) {
            unpack(Unpack.TAR_GZ, TarWriter.gzip(Mutation.of(tar.bytes(), new Random(seed))), seed);
            unpack(Unpack.TAR_GZ, Mutation.of(tar.gzipped(), new Random(seed)), seed);
            unpack(Unpack.ZIP, Mutation.of(zip, new Random(seed)), seed);
        }
        assertEquals(before, outside(), "nothing is written outside");
    }

    private void unpack(Unpack how, byte[] archive, int seed) throws IOException {
        Path file = Files.write(folder.resolve("archive"), archive);
        try {
            how.run(file, inside);
        } catch (DatasetException e) {
            assertEquals(1, e.getMessage().lines().count(), e.getMessage());
            Files.delete(file);
        } catch (RuntimeException | Error e) {
            throw new AssertionError("mutant " + seed + ": " + HexFormat.of().formatHex(archive), e);
        }
    }
}
