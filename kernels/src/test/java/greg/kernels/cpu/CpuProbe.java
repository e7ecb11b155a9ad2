package greg.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.kernels.Backend;
import greg.kernels.Storage;
import greg.kernels.harness.Probe;
import java.util.Arrays;

/** What the harness sees of a storage of the cpu backend: its bytes and the layout that it says they have. */
public final class CpuProbe extends Probe {
    /** Of a cpu backend. */
    public CpuProbe(Backend backend) {
        super(backend);
    }

    /** All that a storage is. */
    private record Block(byte[] bytes, Layout layout, int... dims) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Block block && layout == block.layout && Arrays.equals(bytes, block.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }

        @Override
        public String toString() {
            return layout + " " + Arrays.toString(bytes);
        }
    }

    private static byte[] read(CpuStorage storage) {
        byte[] bytes = new byte[Math.toIntExact(storage.bytes())];
        storage.block.read(0, bytes, 0, bytes.length);
        return bytes;
    }

    @Override
    public void poison(Storage storage) {
        CpuStorage cpu = CpuStorage.of(storage);
        cpu.block.fill(0xff);
        cpu.wrotePlain();
    }

    @Override
    public Object snapshot(Storage storage, int... dims) {
        CpuStorage cpu = CpuStorage.of(storage);
        return new Block(read(cpu), cpu.layout(), dims);
    }

    @Override
    public void restore(Storage storage, Object snapshot) {
        CpuStorage cpu = CpuStorage.of(storage);
        Block block = (Block) snapshot;
        cpu.block.write(0, block.bytes, 0, block.bytes.length);
        if (block.dims != null) cpu.wrote(block.layout, block.dims);
        else cpu.wrotePlain();
    }

    @Override
    public void checkDense(String what, Storage storage) {
        assertEquals(Layout.PLAIN, CpuStorage.of(storage).layout(), what + ": layout");
    }
}
