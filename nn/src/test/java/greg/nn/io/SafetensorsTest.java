package greg.nn.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.nn.StateDict;
import greg.tensor.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The file small.safetensors was written by this script (PyTorch 1.13):
 *
 * <pre>{@code
 * import json, struct, torch
 * t = torch.tensor([[-1.5, 0.0, 65504.0], [5.9604645e-08, 3.140625, float("inf")]])
 * def raw(x): return x.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
 * tensors = {
 *     "layer.weight": ("F32", torch.arange(24.0).reshape(2, 3, 2, 2) / 7),
 *     "half": ("F16", t.half()),
 *     "brain": ("BF16", torch.tensor([1.0, -2.5, 3.140625, 1e30]).bfloat16()),
 *     "double": ("F64", torch.tensor([0.1, -1e-3], dtype=torch.float64)),
 *     "num_batches_tracked": ("I64", torch.tensor(123456)),
 *     "int": ("I32", torch.tensor([-7, 2**24], dtype=torch.int32)),
 *     "mask": ("U8", torch.tensor([0, 1, 255], dtype=torch.uint8)),
 * }
 * header, data = {"__metadata__": {"arch": "small", "note": "\u00e9"}}, b""
 * for name, (dtype, x) in tensors.items():
 *     b = raw(x)
 *     header[name] = {"dtype": dtype, "shape": list(x.shape), "data_offsets": [len(data), len(data) + len(b)]}
 *     data += b
 * text = json.dumps(header, ensure_ascii=False).encode()
 * text += b" " * (-len(text) % 8)
 * open("small.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + data)
 * }</pre>
 */
class SafetensorsTest {
    @TempDir
    Path folder;

    @Test
    void readsEveryTypeOfAForeignFile() throws IOException {
        Path file = folder.resolve("small.safetensors");
        try (InputStream in = SafetensorsTest.class.getResourceAsStream("small.safetensors")) {
            Files.copy(in, file);
        }
        Checkpoint read = Checkpoints.load(file);
        assertEquals(Map.of("arch", "small", "note", "\u00e9"), read.metadata());
        StateDict state = read.state();
        assertEquals(
                List.of("layer.weight", "half", "brain", "double", "num_batches_tracked", "int", "mask"),
                List.copyOf(state.names()));
        float[] sevenths = new float[24];
        for (int i = 0; i < 24; i++) sevenths[i] = i / 7f;
        check(state, "layer.weight", Shape.of(2, 3, 2, 2), sevenths);
        check(state, "half", Shape.of(2, 3), -1.5f, 0, 65504, 5.9604645e-8f, 3.140625f, Float.POSITIVE_INFINITY);
        check(state, "brain", Shape.of(4), 1, -2.5f, 3.140625f, 1.0002555517425873e30f);
        check(state, "double", Shape.of(2), 0.1f, -1e-3f);
        check(state, "num_batches_tracked", Shape.of(), 123456);
        check(state, "int", Shape.of(2), -7, 1 << 24);
        check(state, "mask", Shape.of(3), 0, 1, 255);
    }

    private static void check(StateDict state, String name, Shape shape, float... values) {
        assertEquals(shape, state.get(name).shape(), name);
        assertArrayEquals(values, state.get(name).values(), name);
    }

    @Test
    void writesWhatItReadsToTheBit() throws IOException {
        StateDict state = new StateDict();
        float[] large = new float[700_001]; // more than one chunk
        Random random = new Random(1);
        for (int i = 0; i < large.length; i++) large[i] = Float.intBitsToFloat(random.nextInt());
        state.put("b.weight", Shape.of(700_001), large);
        state.put("a \"quoted\".weight", Shape.of(1, 2), Float.NaN, -0f);
        state.put("scalar", Shape.of(), 3);
        Map<String, String> metadata = Map.of("arch", "resnet20", "plan", "{\"kept\":[1,2]}");
        Path file = folder.resolve("new folder").resolve("x.safetensors");
        Safetensors.write(file, state, metadata);
        Checkpoint read = Checkpoints.load(file);
        assertEquals(metadata, read.metadata());
        assertEquals(List.copyOf(state.names()), List.copyOf(read.state().names()));
        for (String name : state.names()) {
            check(read.state(), name, state.get(name).shape(), state.get(name).values());
        }
        long header = ByteBuffer.wrap(Files.readAllBytes(file))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
        assertEquals(0, header % 8, "the data must be aligned to 8 bytes");
        long elements = state.names().stream()
                .mapToLong(name -> state.get(name).shape().size())
                .sum();
        assertEquals(8 + header + 4 * elements, Files.size(file));
    }

    @Test
    void aFailedWriteLeavesTheOldFile() throws IOException {
        Path file = folder.resolve("x.safetensors");
        Files.writeString(file, "old");
        CheckpointException e = assertThrows(
                CheckpointException.class,
                () -> AtomicFile.write(file, out -> {
                    AtomicFile.writeFully(out, ByteBuffer.wrap(new byte[100]));
                    throw new IOException("disk full");
                }));
        assertEquals("write " + file + ": disk full", e.getMessage());
        assertEquals("old", Files.readString(file));
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count(), "the temporary file must be gone");
        }
    }

    @Test
    void damagedFilesAreNamedWithTheirFault() throws IOException {
        String good = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
        refused(good, 7, "truncated: tensor a ends at byte 8 of the data, the file at 7");
        refused(good, 9, "1 more bytes");
        refused("{\"a\":{\"dtype\":\"F32\"", 8, "not valid JSON");
        refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "needs 8 bytes");
        refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8, "shape [-2]");
        refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[65536,65536],\"data_offsets\":[0,0]}}", 8, "at most 2^31-1");
        refused("{\"a\":{\"dtype\":\"F4\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "type 'F4'");
        refused("{\"a\":{\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[0,8]}}", 8, "'shape'");
        refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "'data_offsets'");
        refused("{\"__metadata__\":{\"epoch\":3}}", 0, "__metadata__.epoch is not a string");
        String second = ",\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":";
        refused(good.substring(0, good.length() - 1) + second + "[4,8]}}", 8, "tensor b overlaps a");
        refused(good.substring(0, good.length() - 1) + second + "[10,14]}}", 14, "gap of 2 bytes before b");
        refused(good.substring(0, good.length() - 1) + "," + good.substring(1), 8, "Duplicate");
    }

    private void refused(String header, int dataBytes, String fault) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(text.length).put(text);
        refused(bytes.array(), fault);
    }

    private void refused(byte[] content, String fault) throws IOException {
        Path file = folder.resolve("damaged.safetensors");
        Files.write(file, content);
        CheckpointException e = assertThrows(CheckpointException.class, () -> Safetensors.read(file), fault);
        assertTrue(e.getMessage().contains(fault), e.getMessage());
        assertTrue(e.getMessage().startsWith("read " + file), e.getMessage());
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
    }

    @Test
    void cutOffAnywhereItIsRefused() throws IOException {
        StateDict state = new StateDict();
        state.put("a", Shape.of(3), 1, 2, 3);
        Path file = folder.resolve("x.safetensors");
        Safetensors.write(file, state, Map.of());
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            refused(java.util.Arrays.copyOf(whole, length), "");
        }
    }

    @Test
    void whatIsNoCheckpointIsRefused() throws IOException {
        Path none = folder.resolve("none.safetensors");
        assertEquals("read " + none + ": there is no such file", message(none));
        assertTrue(message(folder).contains("this is a folder"));
        Path text = Files.writeString(folder.resolve("notes.txt"), "hello, this is no checkpoint");
        assertTrue(message(text).startsWith("read " + text + ": this is not a checkpoint"), message(text));
    }

    private static String message(Path file) {
        return assertThrows(CheckpointException.class, () -> Checkpoints.load(file))
                .getMessage();
    }
}
