package greg.nn.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import greg.nn.StateDict;
import greg.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No damage of a file written by greg goes unseen, and no other program has to know how that is done. */
class ChecksumsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, String> METADATA = Map.of("arch", "lenet5", "note", "\u00e9");

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void write() {
        file = folder.resolve("x.safetensors");
        StateDict state = new StateDict();
        state.put("conv.weight", Shape.of(2, 1, 1, 2), 1, -2, 0.5f, 3);
        state.put("conv.bias", Shape.of(2), 0, 7);
        Safetensors.write(file, state, METADATA);
    }

    private void damaged(String what) {
        CheckpointException e = assertThrows(CheckpointException.class, () -> Safetensors.read(file), what);
        assertTrue(e.getMessage().startsWith("read " + file), e.getMessage());
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
    }

    private void everyFlippedBitIsSeen() throws IOException {
        byte[] good = Files.readAllBytes(file);
        for (int bit = 0; bit < 8 * good.length; bit++) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, bad);
            damaged("bit " + bit % 8 + " of byte " + bit / 8);
        }
    }

    @Test
    void everyFlippedBit() throws IOException {
        everyFlippedBitIsSeen();
    }

    @Test
    void everyFlippedBitOfAFileWithoutTensorsOrMetadata() throws IOException {
        Safetensors.write(file, new StateDict(), Map.of());
        everyFlippedBitIsSeen();
    }

    @Test
    void theMessageNamesTheTensorAndSaysWhatToDo() throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1; // the last value of the last tensor
        Files.write(file, bytes);
        String message = assertThrows(CheckpointException.class, () -> Checkpoints.load(file))
                .getMessage();
        assertTrue(message.startsWith("read " + file + ": tensor conv.bias is damaged"), message);
        assertTrue(message.contains("use another copy"), message);
    }

    /** The header of the file as another program sees it. */
    private ObjectNode header() throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int length = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
        return (ObjectNode) JSON.readTree(new String(bytes, 8, length, StandardCharsets.UTF_8));
    }

    private void rewrite(ObjectNode header) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int length = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
        byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer all =
                ByteBuffer.allocate(text.length + bytes.length - length).order(ByteOrder.LITTLE_ENDIAN);
        all.putLong(text.length).put(text).put(bytes, 8 + length, bytes.length - 8 - length);
        Files.write(file, all.array());
    }

    @Test
    void aMissingChecksumIsDamageToo() throws IOException {
        byte[] good = Files.readAllBytes(file);
        List<String> keys = new ArrayList<>();
        header().get("__metadata__").fieldNames().forEachRemaining(keys::add);
        assertEquals(METADATA.size() + 4, keys.size(), keys.toString());
        for (String key : keys) {
            ObjectNode header = header();
            ((ObjectNode) header.get("__metadata__")).remove(key);
            rewrite(header);
            damaged("without " + key);
            Files.write(file, good);
        }
    }

    @Test
    void otherProgramsSeeStringsAndTheSHA256OfTheBytes() throws Exception {
        JsonNode header = header();
        for (JsonNode value : header.get("__metadata__")) assertTrue(value.isTextual(), value.toString());
        byte[] bytes = Files.readAllBytes(file);
        JsonNode offsets = header.get("conv.bias").get("data_offsets");
        int start = bytes.length - 6 * Float.BYTES; // six values in all
        byte[] bias = Arrays.copyOfRange(
                bytes, start + offsets.get(0).asInt(), start + offsets.get(1).asInt());
        assertEquals(
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bias)),
                header.get("__metadata__").get("greg.sha256.conv.bias").asText());
    }

    @Test
    void aFileWrittenAgainByAnotherProgramInAnotherOrderIsWhole() throws IOException {
        ObjectNode before = header();
        ObjectNode after = JSON.createObjectNode();
        for (String name : List.of("conv.bias", "__metadata__", "conv.weight")) after.set(name, before.get(name));
        rewrite(after);
        Checkpoint read = Safetensors.read(file);
        assertEquals(
                List.of("conv.bias", "conv.weight"), List.copyOf(read.state().names()));
        assertArrayEquals(new float[] {0, 7}, read.state().get("conv.bias").values());
    }

    @Test
    void withoutAnyChecksumItIsAFileOfAnotherProgram() throws IOException {
        ObjectNode header = header();
        header.withObject("__metadata__").retain("arch", "note");
        rewrite(header);
        assertEquals(METADATA, Safetensors.read(file).metadata());
    }

    @Test
    void whoWritesAgainWhatWasReadMeetsNoChecksums() {
        Checkpoint read = Safetensors.read(file);
        assertEquals(METADATA, read.metadata());
        read.state().put("conv.bias", Shape.of(2), 1, 1);
        Safetensors.write(file, read.state(), read.metadata());
        assertArrayEquals(
                new float[] {1, 1},
                Safetensors.read(file).state().get("conv.bias").values());
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> Safetensors.write(file, read.state(), Map.of("greg.sha256.conv.bias", "x")));
        assertTrue(e.getMessage().contains("greg.sha256.conv.bias"), e.getMessage());
    }

    @Test
    void theFormerFileIsKept() throws IOException {
        Path former = folder.resolve("former.safetensors");
        byte[] first = Files.readAllBytes(file);
        StateDict other = new StateDict();
        other.put("a", Shape.of(1), 1);
        for (int i = 0; i < 2; i++) { // again: the former name is taken
            byte[] before = Files.readAllBytes(file);
            Safetensors.write(file, former, other, Map.of("i", Integer.toString(i)));
            assertArrayEquals(before, Files.readAllBytes(former));
            assertEquals(Integer.toString(i), Safetensors.read(file).metadata().get("i"));
        }
        assertFalse(Arrays.equals(first, Files.readAllBytes(former)));
        AtomicFile.link(file, former);
        AtomicFile.link(file, former); // both are one file now
        assertEquals(-1, Files.mismatch(file, former));
        try (var files = Files.list(folder)) {
            assertEquals(2, files.count(), "temporary files must be gone");
        }
    }
}
