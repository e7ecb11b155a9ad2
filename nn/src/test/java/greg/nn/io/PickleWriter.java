package greg.nn.io;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Pickles of protocol 2, opcode by opcode, as torch.save makes them or as it never would. */
final class PickleWriter {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** An empty pickle; {@link #bytes} ends it. */
    PickleWriter() {
        raw(0x80, 2);
    }

    /** The opcodes and arguments that these characters and numbers are. */
    PickleWriter raw(int... bytes) {
        for (int b : bytes) out.write(b);
        return this;
    }

    PickleWriter raw(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    PickleWriter repeat(int times, String opcodes) {
        byte[] bytes = opcodes.getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < times; i++) out.writeBytes(bytes);
        return this;
    }

    PickleWriter text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        raw("X");
        int32(bytes.length);
        out.writeBytes(bytes);
        return this;
    }

    private void int32(int value) {
        out.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array());
    }

    /** A Python integer. */
    PickleWriter number(long value) {
        raw(0x8A, 8);
        out.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array());
        return this;
    }

    /** Keeps what is on top of the stack under a number. */
    PickleWriter put(int memo) {
        raw("r");
        int32(memo);
        return this;
    }

    PickleWriter get(int memo) {
        raw("j");
        int32(memo);
        return this;
    }

    PickleWriter global(String module, String name) {
        return raw("c" + module + "\n" + name + "\n");
    }

    /** A storage of {@code torch.TYPEStorage} whose bytes are under {@code key}. */
    PickleWriter storage(String type, String key, long length) {
        raw("(").text("storage").global("torch", type + "Storage").text(key).text("cpu");
        return number(length).raw("tQ");
    }

    /** A tensor of the storage that was put at {@code memo}. */
    PickleWriter tensor(int memo, long offset, long[] size, long... stride) {
        global("torch._utils", "_rebuild_tensor_v2").raw("(").get(memo).number(offset);
        return tuple(size).tuple(stride).raw(0x89).raw("tR");
    }

    private PickleWriter tuple(long... numbers) {
        raw("(");
        for (long number : numbers) number(number);
        return raw("t");
    }

    byte[] bytes() {
        raw(".");
        return out.toByteArray();
    }
}
