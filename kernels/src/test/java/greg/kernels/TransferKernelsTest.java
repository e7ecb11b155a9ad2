package greg.kernels;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Copies and fills. */
class TransferKernelsTest {
    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void bringsBackWhatWasUploaded(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        int[][] shapes = {{1}, {7}, {3, 5}, {2, 13, 5, 7}, {5, 16, 8, 8}, {1, 33, 1, 1}};
        for (int[] dims : shapes) {
            try (Workspace k = new Workspace(backend)) {
                float[] data = gauss(1, dims);
                data[0] = -0.0f;
                Storage x = k.put(data);
                Compare.identical("upload", data, k.get(x, dims));
                Storage copy = k.out(dims);
                long version = copy.version();
                backend.transfer().copy(x, copy);
                Compare.identical("copy", data, k.get(copy, dims));
                assertTrue(copy.version() > version, "copy counts the write");
                Storage plain = k.out(dims);
                backend.transfer().toPlain(x, dims, plain);
                Compare.identical("toPlain", data, k.get(plain, dims));
                backend.transfer().fill(x, 1.5f);
                float[] filled = new float[data.length];
                Arrays.fill(filled, 1.5f);
                Compare.identical("fill", filled, k.get(x, dims));
                Compare.identical("the copy is a copy", data, k.get(copy, dims));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void integers(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Workspace k = new Workspace(backend)) {
            int[] data = {3, Integer.MIN_VALUE, -1, Integer.MAX_VALUE, 0};
            Storage x = k.put(data);
            int[] back = new int[5];
            backend.transfer().download(x, back);
            assertArrayEquals(data, back);
            Storage copy = k.put(new int[5]);
            backend.transfer().copy(x, copy);
            backend.transfer().fill(x, 0);
            backend.transfer().download(copy, back);
            assertArrayEquals(data, back);
            backend.transfer().download(x, back);
            assertArrayEquals(new int[5], back);
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void wrongLengthsAreRefused(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Workspace k = new Workspace(backend)) {
            Storage x = k.put(1, 2, 3);
            TransferKernels transfer = backend.transfer();
            assertThrows(IllegalArgumentException.class, () -> transfer.upload(new float[2], x));
            assertThrows(IllegalArgumentException.class, () -> transfer.upload(new float[4], x));
            assertThrows(IllegalArgumentException.class, () -> transfer.download(x, new int[] {3}, new float[4]));
            assertThrows(IllegalArgumentException.class, () -> transfer.download(x, new int[] {2}, new float[3]));
            assertThrows(IllegalArgumentException.class, () -> transfer.copy(x, k.out(4)));
        }
    }
}
