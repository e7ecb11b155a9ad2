package greg.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import greg.kernels.Backend;
import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import greg.kernels.harness.Probe;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/** Sees the bytes of a storage and what it says of their order, and replays calls from a graph. */
public final class CudaProbe extends Probe {
    private final CudaBackend backend;
    private final CudaLayouts layouts;

    /** Of a cuda backend. */
    public CudaProbe(Backend backend) {
        super(backend);
        this.backend = (CudaBackend) backend;
        layouts = new CudaLayouts(this.backend.context(), (DeviceMemory) backend.memory());
    }

    /** All bytes of a block, and how the storage says they are to be read. */
    private record Block(byte[] bytes, CudaLayout layout, int pitch, int[] dims) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Block block
                    && layout == block.layout
                    && pitch == block.pitch
                    && Arrays.equals(bytes, block.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder(layout + " pitch " + pitch + ":");
            for (int i = 0; i + 4 <= bytes.length && i < 256; i += 4) {
                text.append(' ').append(Integer.toHexString(words(bytes).getInt(i)));
            }
            return text.toString();
        }
    }

    private static ByteBuffer words(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    }

    private byte[] read(CudaStorage storage) {
        byte[] bytes = new byte[Math.toIntExact(storage.bytes())];
        backend.context().enter();
        backend.context()
                .check("reading a block", JCudaDriver.cuMemcpyDtoH(Pointer.to(bytes), storage.address(), bytes.length));
        return bytes;
    }

    private void write(CudaStorage storage, byte[] bytes) {
        backend.context().enter();
        backend.context()
                .check("writing a block", JCudaDriver.cuMemcpyHtoD(storage.address(), Pointer.to(bytes), bytes.length));
    }

    @Override
    public Storage handedOn(Workspace k, float[] data, int... dims) {
        return k.own(layouts.activation(k.put(data), dims));
    }

    @Override
    public Storage arranged(Workspace k, float[] data, int... dims) {
        Storage parameter = k.own(backend.memory().parameter(dims));
        poison(parameter);
        backend.transfer().upload(data, parameter);
        return parameter;
    }

    @Override
    public void poison(Storage storage) {
        byte[] bytes = new byte[Math.toIntExact(storage.bytes())];
        Arrays.fill(bytes, (byte) 0xff);
        write(CudaStorage.overwritten(storage), bytes);
    }

    @Override
    public void reuse(Storage storage, int... dims) {
        CudaStorage cuda = CudaStorage.of(storage);
        int pitch = CudaLayouts.pitch(dims[1], storage.type());
        if (storage.room() >= (long) dims[0] * dims[2] * dims[3] * pitch) cuda.wroteChannelsLast(dims, pitch);
    }

    @Override
    public Object snapshot(Storage storage, int... dims) {
        // released ones too: a graph keeps the blocks that its recorded step has let go of
        CudaStorage cuda = (CudaStorage) storage;
        cuda.widen();
        return new Block(read(cuda), cuda.layout(), cuda.pitch(), dims);
    }

    @Override
    public void restore(Storage storage, Object snapshot) {
        CudaStorage cuda = CudaStorage.of(storage);
        Block block = (Block) snapshot;
        write(cuda, block.bytes);
        if (block.layout == CudaLayout.NCHW) cuda.wrotePlain();
        else cuda.wroteChannelsLast(block.dims, block.pitch);
    }

    @Override
    public float[] elements(String what, Storage storage, int... dims) {
        CudaStorage cuda = CudaStorage.of(storage);
        float[] raw = floats(read(cuda), storage.type());
        float[] data = cuda.layout() == CudaLayout.NCHW
                ? Arrays.copyOf(raw, Workspace.count(dims))
                : channelsFirst(what, raw, cuda.pitch(), dims);
        float[] downloaded = super.elements(what, storage, dims);
        for (int i = 0; i < data.length; i++) {
            if (Float.floatToRawIntBits(data[i]) != Float.floatToRawIntBits(downloaded[i])) {
                fail(what + ": element " + i + " is " + data[i] + " in memory, in the order " + cuda.layout()
                        + " that the storage says, but " + downloaded[i] + " in a download");
            }
        }
        return data;
    }

    private static float[] floats(byte[] bytes, DType type) {
        float[] floats = new float[bytes.length / type.bytes()];
        ByteBuffer words = words(bytes);
        for (int i = 0; i < floats.length; i++) {
            floats[i] =
                    type == DType.BFLOAT16 ? Float.intBitsToFloat(words.getShort(2 * i) << 16) : words.getFloat(4 * i);
        }
        return floats;
    }

    /**
     * Element (n, h, w, c) to (n, c, h, w). What is between the channels and the pitch must be zero, but where a channel of the
     * same pixel is no finite number: a convolution multiplies those by the zeros of its padded filters.
     */
    private static float[] channelsFirst(String what, float[] raw, int pitch, int[] dims) {
        int pixels = dims[2] * dims[3];
        float[] data = new float[Workspace.count(dims)];
        assertTrue(raw.length >= dims[0] * pixels * pitch, what + ": the block is shorter than its layout");
        for (int pixel = 0; pixel < dims[0] * pixels; pixel++) {
            boolean finite = true;
            for (int c = 0; c < pitch; c++) {
                float value = raw[pixel * pitch + c];
                if (c < dims[1]) data[(pixel / pixels * dims[1] + c) * pixels + pixel % pixels] = value;
                else assertTrue(value == 0 || !finite, what + ": padding of pixel " + pixel + " is " + value);
                finite &= Float.isFinite(value);
            }
        }
        return data;
    }

    @Override
    public void checkHandedOn(String what, Storage storage, int... dims) {
        CudaStorage cuda = CudaStorage.of(storage);
        int pitch = layouts.pitch(dims[1]);
        if (cuda.type() != layouts.type() || cuda.room() < (long) dims[0] * dims[2] * dims[3] * pitch) return;
        assertTrue(
                cuda.isChannelsLast(dims, pitch),
                what + ": expected NHWC with pitch " + pitch + ", got " + cuda.layout() + " with " + cuda.pitch());
    }

    @Override
    public void checkDense(String what, Storage storage) {
        assertEquals(CudaLayout.NCHW, CudaStorage.of(storage).layout(), what + ": layout");
    }

    @Override
    public boolean replays() {
        return true;
    }

    @Override
    public Replay capture(Runnable step) {
        StepGraph graph = backend.capture(step);
        return new Replay() {
            @Override
            public void launch() {
                graph.launch();
            }

            @Override
            public void close() {
                graph.close();
            }
        };
    }
}
