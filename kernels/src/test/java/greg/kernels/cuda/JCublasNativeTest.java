package greg.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import jcuda.jcublas.JCublas2;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** JCublas's native half, turned to CUDA 13; {@link CudaLibrariesTest} loads it. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class JCublasNativeTest {
    private static byte[] library() throws IOException {
        try (InputStream in = JCublas2.class.getResourceAsStream("/lib/libJCublas2-12.6.0-linux-x86_64.so")) {
            return in.readAllBytes();
        }
    }

    @Test
    void twoBytesChange() throws IOException {
        byte[] before = library();
        byte[] after = JCublasNative.forCuda13(before);
        assertArrayEquals(library(), before, "the argument is left alone");
        assertEquals(before.length, after.length);
        List<String> changes = new ArrayList<>();
        for (int i = 0; i < before.length; i++) {
            if (before[i] != after[i]) changes.add(String.format("%02x -> %02x", before[i], after[i]));
        }
        assertEquals(List.of("32 -> 33", "32 -> 33"), changes, "a digit of the name and the last one of its hash");
    }

    @Test
    void anotherFileIsRefused() throws IOException {
        byte[] twice = JCublasNative.forCuda13(library());
        IllegalStateException e = assertThrows(IllegalStateException.class, () -> JCublasNative.forCuda13(twice));
        assertTrue(
                e.getMessage().contains("expected one place with libcublas.so.12 or its hash, got 0"), e.getMessage());
    }

    /** Values from the version tables of the two libraries (readelf shows them). */
    @Test
    void hashOfAVersion() {
        assertEquals(0x0ef62132, JCublasNative.elfHash("libcublas.so.12"));
        assertEquals(0x0ef62133, JCublasNative.elfHash("libcublas.so.13"));
        assertEquals(0x09691a75, JCublasNative.elfHash("GLIBC_2.2.5"));
    }
}
