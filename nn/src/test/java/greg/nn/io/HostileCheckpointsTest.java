package greg.nn.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Small files that ask for much: memory, time, stack, or weights that they do not hold. Each is read or refused with one line,
 * and what reading allocates is counted. What would take forever shows as a test that does not end.
 */
class HostileCheckpointsTest {
    private static final long MEGA = 1 << 20;

    @TempDir
    Path folder;

    /** Loading classes for the first time allocates too. */
    @BeforeAll
    static void warmUp(@TempDir Path folder) throws IOException {
        for (String name : List.of("zip.pth", "legacy.th", "small.safetensors")) {
            try (InputStream in = HostileCheckpointsTest.class.getResourceAsStream(name)) {
                Checkpoints.load(Files.write(folder.resolve(name), in.readAllBytes()));
            }
        }
    }

    /** The beginning of a dictionary: MARK and one entry; the storage "0" of two elements is at memo 0. */
    private static PickleWriter good() {
        return new PickleWriter()
                .storage("Float", "0", 2)
                .put(0)
                .raw("0}(")
                .text("w")
                .tensor(0, 0, new long[] {2}, 1);
    }

    private static byte[] floats(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }

    private static void entry(ZipOutputStream zip, String name, byte[] content, int method) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(method);
        if (method == ZipEntry.STORED) {
            CRC32 sum = new CRC32();
            sum.update(content);
            entry.setSize(content.length);
            entry.setCrc(sum.getValue());
        }
        zip.putNextEntry(entry);
        zip.write(content);
    }

    /** An archive of data.pkl and the storage (1, 2). */
    private Path archive(byte[] pickle) throws IOException {
        return Files.write(folder.resolve("a.pth"), archive(pickle, ZipEntry.STORED, "a/data/0", floats(1, 2)));
    }

    private static byte[] archive(byte[] pickle, int method, String name, byte[] storage) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            entry(zip, "a/data.pkl", pickle, method);
            entry(zip, "a/data/0", floats(1, 2), ZipEntry.STORED);
            if (!name.equals("a/data/0")) entry(zip, name, storage, ZipEntry.STORED);
        }
        return bytes.toByteArray();
    }

    private void assertRefused(Path file, long allocated, String... parts) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        CheckpointException error = assertThrows(CheckpointException.class, () -> Checkpoints.load(file));
        long bytes = threads.getCurrentThreadAllocatedBytes() - before;
        String message = error.getMessage();
        assertTrue(bytes < allocated, bytes + " bytes were allocated: " + message);
        assertTrue(message.contains(file.toString()), message);
        assertTrue(message.length() < 500 && message.lines().count() == 1, message);
        for (String part : parts) assertTrue(message.contains(part), message);
    }

    private void assertRead(Path file) {
        assertArrayEquals(
                new float[] {1, 2}, Checkpoints.load(file).state().get("w").values());
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) all.writeBytes(part);
        return all.toByteArray();
    }

    /** {@link #good} and {@code levels} lists, dictionaries, ..., each of which holds the one before twice; the last is memo 160. */
    private static PickleWriter nested(String kind) {
        PickleWriter pickle = good().raw("N").put(100).raw("0");
        for (int last = 100; last < 160; last++) {
            switch (kind) {
                case "list" -> pickle.raw("](").get(last).get(last).raw("e");
                case "dict" ->
                    pickle.raw("}(").text("l").get(last).text("r").get(last).raw("u");
                case "tuple" -> pickle.get(last).get(last).raw(0x86);
                default -> pickle.raw("(").get(last).get(last).raw(0x91);
            }
            pickle.put(last + 1).raw("0");
        }
        return pickle;
    }

    @ParameterizedTest
    @ValueSource(strings = {"list", "dict", "tuple", "frozenset"})
    void aKeyThatIsExpensiveToHashIsNotHashed(String kind) throws IOException {
        assertRead(archive(nested(kind).get(160).raw("Nu").bytes()));
        assertRead(archive(nested(kind).raw("u").get(160).raw("Ns").bytes()));
        PickleWriter ordered =
                nested(kind).raw("u0").global("collections", "OrderedDict").raw("](");
        ordered.text("w")
                .tensor(0, 0, new long[] {2}, 1)
                .raw(0x86)
                .get(160)
                .raw("N")
                .raw(0x86);
        assertRead(archive(ordered.raw("e").raw(0x85).raw("R").bytes()));
        // in a set: EMPTY_SET, MARK, element, ADDITEMS
        assertRead(archive(nested(kind)
                .text("s")
                .raw(0x8F)
                .raw("(")
                .get(160)
                .raw(0x90)
                .raw("u")
                .bytes()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"list", "dict", "tuple", "frozenset"})
    void whatIsExpensiveToPrintIsNotPrinted(String kind) throws IOException {
        byte[] magic = {
            (byte) 0x80,
            2,
            (byte) 0x8A,
            10,
            0x6C,
            (byte) 0xFC,
            (byte) 0x9C,
            0x46,
            (byte) 0xF9,
            0x20,
            0x6A,
            (byte) 0xA8,
            0x50,
            0x19,
            '.'
        };
        byte[] bomb = nested(kind).get(160).bytes();
        assertRefused(Files.write(folder.resolve("version"), join(magic, bomb)), 10 * MEGA, "protocol 1001");
        byte[] version = new PickleWriter().raw("M").raw(0xE9, 3).bytes();
        byte[] system = new PickleWriter()
                .raw("}")
                .text("little_endian")
                .raw(0x88)
                .raw("s")
                .bytes();
        byte[] keys =
                nested(kind).get(160).raw(0x85).raw("](").get(160).raw("e").bytes();
        byte[] legacy = join(magic, version, system, good().raw("u").bytes(), keys, new byte[100]);
        assertRefused(Files.write(folder.resolve("keys"), legacy), 10 * MEGA);
        // as the key of a storage
        PickleWriter storage = nested(kind)
                .raw("(")
                .text("storage")
                .global("torch", "FloatStorage")
                .get(160);
        assertRefused(archive(storage.text("cpu").number(2).raw("tQ").bytes()), 10 * MEGA);
    }

    @Test
    void depthIsNoMatter() throws IOException {
        for (String level : List.of("](", "}N", "(((")) {
            assertRefused(archive(new PickleWriter().repeat(600_000, level).bytes()), 200 * MEGA);
        }
        // 600,000 lists, each in the next one's tuple
        assertRead(archive(
                good().raw("u").raw("N").repeat(600_000, "\u0085").raw("0").bytes()));
    }

    @Test
    void megabytesOfDigitsAreRefused() throws IOException {
        String digits = "7".repeat(2_000_000);
        for (String opcode : List.of("L", "I", "F", "g", "p")) {
            assertRefused(archive(good().raw(opcode + digits + "\n").bytes()), 10 * MEGA, "opcode 0x");
        }
        PickleWriter binary =
                good().text("n").raw(0x8B, 0x80, 0x84, 0x1E, 0).raw(digits).raw("u");
        assertRefused(archive(binary.bytes()), 10 * MEGA, "opcode 0x8b");
    }

    @Test
    void aStringLongerThanTheFileIsRefusedBeforeItIsAllocated() throws IOException {
        String four = "\u00FF\u00FF\u00FF\u007F";
        for (String opcode : List.of("X", "B", "T")) {
            assertRefused(archive(good().raw(opcode + four + "x").bytes()), 10 * MEGA, "longer than the file");
        }
        for (int opcode : new int[] {0x8D, 0x8E, 0x96}) {
            for (String high : List.of("\0\0\0\0", "\0\0\0\u0080", "\u00FF\u00FF\u00FF\u007F")) {
                PickleWriter pickle = good().raw(opcode).raw(four + high + "x");
                assertRefused(archive(pickle.bytes()), 10 * MEGA, "longer than the file");
            }
        }
    }

    @Test
    void whatMakesTheReaderCopyAgainAndAgainIsRefusedOrReadAtOnce() throws IOException {
        // one list of 400,000 that grows by one item 400,000 times; a stack as deep with marks set and popped
        String items = "N".repeat(400_000);
        assertRead(archive(
                good().raw("u](" + items + "e").repeat(400_000, "(Ne").raw("0").bytes()));
        assertRead(
                archive(good().raw("u(" + items).repeat(400_000, "(1").raw("1").bytes()));
    }

    @Test
    void manyObjectsAreRefused() throws IOException {
        PickleWriter lists = good().raw("u").repeat(TorchUnpickler.MAX_OPERATIONS, "]");
        assertRefused(archive(lists.bytes()), 300 * MEGA, "save model.state_dict() alone");
        // an ordered dictionary from the same 10,000 pairs again and again: a few bytes for each
        PickleWriter ordered = good().raw("u").raw("](");
        for (int i = 0; i < 10_000; i++) ordered.text("k" + i).raw("N").raw(0x86);
        ordered.raw("e")
                .raw(0x85)
                .put(1)
                .raw("0")
                .global("collections", "OrderedDict")
                .put(2);
        for (int i = 0; i < 100_000; i++) ordered.get(2).get(1).raw("R");
        assertRefused(archive(ordered.bytes()), 300 * MEGA, "save model.state_dict() alone");
    }

    @Test
    void stridesAndOffsetsBeyondTheStorageAreRefusedAlsoWhereTheirSumOverflows() throws IOException {
        long huge = 1L << 62;
        long[][][] tensors = {
            {{0}, {5}, {huge}}, // 4 * 2^62 = 0 in 64 bits
            {{0}, {3, 3}, {huge, huge}},
            {{0}, {2, 2}, {Long.MAX_VALUE, Long.MAX_VALUE}}, // the sum is -2
            {{1}, {2, 2}, {Long.MAX_VALUE, Long.MAX_VALUE}},
            {{0}, {2}, {-1}},
            {{1}, {2}, {-1}},
            {{-1}, {2}, {1}},
            {{Long.MIN_VALUE}, {2}, {1}},
            {{2}, {1}, {1}},
            {{0}, {2}, {2}},
            {{Long.MAX_VALUE}, {2}, {1}},
            {{0}, {3}, {1}},
            {{0}, {1L << 31}, {0}},
            {{0}, {1L << 32}, {1}},
            {{0}, {-1}, {1}},
            {{0}, {0}, {1}},
            {{0}, {1 << 30, 1 << 30, 1 << 30}, {0, 0, 0}},
            {{0}, {2, 1}, {1}},
            {{0}, {1, 1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1}},
        };
        for (long[][] t : tensors) {
            PickleWriter pickle =
                    good().text("x").tensor(0, t[0][0], t[1], t[2]).raw("u");
            assertRefused(archive(pickle.bytes()), 10 * MEGA);
        }
        // a view into a storage at an offset that overflows with the tensor's
        PickleWriter view = new PickleWriter()
                .raw("(")
                .text("storage")
                .global("torch", "FloatStorage")
                .text("0");
        view.text("cpu")
                .number(2)
                .raw("(")
                .text("v")
                .number(Long.MAX_VALUE)
                .number(2)
                .raw("ttQ")
                .put(0)
                .raw("0}");
        view.text("w").tensor(0, Long.MAX_VALUE, new long[] {2}, 1).raw("s");
        assertRefused(archive(view.bytes()), 10 * MEGA);
    }

    @Test
    void strangeButPossibleStridesAreRead() throws IOException {
        PickleWriter pickle = good();
        pickle.text("expanded").tensor(0, 1, new long[] {3, 1}, 0, Long.MAX_VALUE);
        pickle.text("column")
                .tensor(0, 0, new long[] {2, 1}, 1, 7)
                .text("scalar")
                .tensor(0, 1, new long[0]);
        var state = Checkpoints.load(archive(pickle.raw("u").bytes())).state();
        assertArrayEquals(new float[] {2, 2, 2}, state.get("expanded").values());
        assertArrayEquals(new float[] {1, 2}, state.get("column").values());
        assertArrayEquals(new float[] {2}, state.get("scalar").values());
        state.get("column").values()[0] = 9;
        assertArrayEquals(new float[] {1, 2}, state.get("w").values(), "tensors of one storage share no array");
    }

    @Test
    void tensorsThatHoldFarMoreThanTheFileAreRefused() throws IOException {
        PickleWriter expanded =
                good().text("x").tensor(0, 0, new long[] {1 << 28}, 0).raw("u");
        assertRefused(archive(expanded.bytes()), 10 * MEGA, "tensor.clone()");
        // 2,000 tensors that share one storage of 1 MB
        PickleWriter shared =
                new PickleWriter().storage("Float", "big", 250_000).put(0).raw("0}(");
        for (int i = 0; i < 2_000; i++) shared.text("t" + i).tensor(0, 0, new long[] {250_000}, 1);
        byte[] file = archive(shared.raw("u").bytes(), ZipEntry.STORED, "a/data/big", new byte[1_000_000]);
        assertRefused(Files.write(folder.resolve("shared"), file), 10 * MEGA, "tensor.clone()");
    }

    @Test
    void aStorageHasOneType() throws IOException {
        PickleWriter pickle =
                good().storage("Int", "0", 2).put(1).raw("0").text("x").tensor(1, 0, new long[] {2}, 1);
        assertRefused(archive(pickle.raw("u").bytes()), 10 * MEGA, "storage 0 is used as F32 and as I32");
    }

    @Test
    void compressedEntriesAreRefused() throws IOException {
        byte[] pickle =
                good().raw("u").text("n").text("7".repeat(50_000_000)).raw("00").bytes();
        byte[] file = archive(pickle, ZipEntry.DEFLATED, "a/data/0", null);
        assertTrue(file.length < 100_000);
        assertRefused(Files.write(folder.resolve("bomb"), file), 10 * MEGA, "data.pkl is compressed");
    }

    /** The bytes of an archive with {@code from} replaced by {@code to} wherever it occurs. */
    private static byte[] replace(byte[] archive, String from, String to) {
        String text = new String(archive, StandardCharsets.ISO_8859_1);
        assertTrue(text.contains(from));
        return text.replace(from, to).getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void sizesAndNamesOfEntriesThatLieAreRefused() throws IOException {
        byte[] pickle = good().raw("u").bytes();
        byte[] twice = archive(pickle, ZipEntry.STORED, "a/data/1", floats(3, 4));
        Path file = Files.write(folder.resolve("twice"), replace(twice, "a/data/1", "a/data/0"));
        assertRefused(file, 10 * MEGA, "two entries a/data/0");

        // the storage's entry claims 2 GB, in its own header and in the directory
        byte[] lying = archive(pickle, ZipEntry.STORED, "a/data/0", null);
        String size = "\u0008\0\0\0\u0008\0\0\0";
        String huge = "\u00F0\u00FF\u00FF\u007F\u00F0\u00FF\u00FF\u007F";
        assertRefused(Files.write(folder.resolve("huge"), replace(lying, size, huge)), 10 * MEGA);

        PickleWriter short8 =
                new PickleWriter().storage("Float", "0", 400_000_000).put(0).raw("0}");
        short8.text("w").tensor(0, 0, new long[] {2}, 1).raw("s");
        assertRefused(archive(short8.bytes()), 10 * MEGA, "data/0 has 8 bytes, expected 1600000000");
    }

    @Test
    void entriesThatOverlapAreRefused() throws IOException {
        // 64 storages whose directory entries all lead to the bytes of the first
        PickleWriter pickle = new PickleWriter().raw("}(");
        for (int i = 10; i < 74; i++) {
            pickle.text("t" + i).storage("Byte", "s" + i, 100_000).put(i).raw("0");
            pickle.tensor(i, 0, new long[] {1}, 1);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            entry(zip, "a/data.pkl", pickle.raw("u").bytes(), ZipEntry.STORED);
            for (int i = 10; i < 74; i++) {
                entry(zip, "a/data/s" + i, i == 10 ? new byte[100_000] : new byte[0], ZipEntry.STORED);
            }
        }
        ByteBuffer file = ByteBuffer.wrap(bytes.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
        int directory = file.getInt(file.capacity() - 6);
        ByteBuffer first = null;
        for (int at = directory; at < file.capacity() - 22; at += 46 + file.getShort(at + 28)) {
            if (file.getShort(at + 28) != "a/data/s10".length() || file.get(at + 46 + 7) != 's') continue;
            if (first == null)
                first = file.duplicate()
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .position(at)
                        .slice();
            first.order(ByteOrder.LITTLE_ENDIAN);
            for (int field : new int[] {16, 20, 24, 42}) file.putInt(at + field, first.getInt(field));
        }
        Path overlapping = Files.write(folder.resolve("overlapping"), file.array());
        assertRefused(overlapping, 10 * MEGA, "more bytes than the file");
    }

    @Test
    void aChangedBitInAStorageIsNoticed() throws IOException {
        byte[] file = archive(good().raw("u").bytes(), ZipEntry.STORED, "a/data/0", null);
        String one = new String(floats(1, 2), StandardCharsets.ISO_8859_1);
        String other = new String(floats(1, 3), StandardCharsets.ISO_8859_1);
        Path flipped = Files.write(folder.resolve("flipped"), replace(file, one, other));
        assertRefused(flipped, 10 * MEGA, "checksum of data/0 is wrong");
    }

    @Test
    void aLegacyStorageLongerThanTheFileIsRefused() throws IOException {
        byte[] file;
        try (InputStream in = TorchPickleTest.class.getResourceAsStream("legacy.th")) {
            file = in.readAllBytes();
        }
        // the storage of 24 elements is the first; its length is followed by 0 and 1/7
        String text = new String(file, StandardCharsets.ISO_8859_1);
        int at = text.indexOf("\u0018\0\0\0\0\0\0\0\0\0\0\0");
        for (long length : new long[] {1L << 30, Integer.MAX_VALUE, Long.MAX_VALUE, -1, Long.MIN_VALUE}) {
            ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(at, length);
            assertRefused(Files.write(folder.resolve("legacy"), file), 10 * MEGA, "truncated");
        }
    }

    @Test
    void aPipeIsRefusedRatherThanWaitedFor() throws Exception {
        Path pipe = folder.resolve("pipe");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/mkfifo")));
        assertEquals(
                0,
                new ProcessBuilder("/usr/bin/mkfifo", pipe.toString()).start().waitFor());
        assertRefused(pipe, 10 * MEGA, "a pipe or a device");
        assertFalse(Files.isRegularFile(pipe));
    }

    /** The length, a header and as many zeros as it says. */
    private Path safetensors(byte[] header, int data) throws IOException {
        byte[] length = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .array();
        return Files.write(folder.resolve("h.safetensors"), join(length, header, new byte[data]));
    }

    @Test
    void aHeaderOfSafetensorsThatWouldBecomeAHugeTreeIsRefused() throws IOException {
        List<String> values = List.of("[]", "{}", "0", "\"\"");
        for (String value : values) {
            String list = (value + ",").repeat(3_000_000) + value;
            byte[] header = ("{\"w\":[" + list + "]}").getBytes(StandardCharsets.UTF_8);
            assertRefused(safetensors(header, 0), 200 * MEGA, "not valid JSON");
        }
        String deep = "{\"w\":" + "[".repeat(5_000_000);
        assertRefused(safetensors(deep.getBytes(StandardCharsets.UTF_8), 0), 50 * MEGA, "not valid JSON");
        String digits = "{\"w\":{\"dtype\":\"F32\",\"shape\":[" + "7".repeat(2_000_000) + "]";
        assertRefused(safetensors(digits.getBytes(StandardCharsets.UTF_8), 0), 50 * MEGA, "not valid JSON");
        byte[] claims = ByteBuffer.allocate(20)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(1 << 30)
                .put((byte) '{')
                .array();
        assertRefused(Files.write(folder.resolve("claims"), claims), 10 * MEGA, "header's length");
    }

    @Test
    void aHeaderOfOtherTypesIsRefused() throws IOException {
        for (String value : List.of("{\"a\":1}", "\"2\"", "2", "null", "[null]", "[{}]", "[1.0]", "[1e400]", "[[1]]")) {
            for (String fields : List.of("\"shape\":%s,\"data_offsets\":[0,4]", "\"shape\":[1],\"data_offsets\":%s")) {
                String header = "{\"w\":{\"dtype\":\"F32\"," + fields.formatted(value) + "}}";
                Path file = safetensors(header.getBytes(StandardCharsets.UTF_8), 4);
                assertRefused(file, 10 * MEGA, "no list of integers");
            }
        }
    }

    @Test
    void messagesAboutHugeValuesStayShort() throws IOException {
        String dims = "1,".repeat(100_000) + "0";
        String name = "n".repeat(40_000) + "\\u001b[31m";
        String header = "{\"" + name + "\":{\"dtype\":\"F32\",\"shape\":[" + dims + "],\"data_offsets\":[0,4]}}";
        assertRefused(safetensors(header.getBytes(StandardCharsets.UTF_8), 4), 50 * MEGA);
    }
}
