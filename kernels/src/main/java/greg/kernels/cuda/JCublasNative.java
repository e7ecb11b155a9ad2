package greg.kernels.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import jcuda.JCudaVersion;
import jcuda.LibUtils;
import jcuda.jcublas.JCublas2;

/**
 * Loads JCublas, whose native half is linked to {@code libcublas.so.12}; for CUDA 13 to a copy that is linked to {@code
 * libcublas.so.13}. All functions that it imports are in both.
 */
final class JCublasNative {
    private static final String OLD_NAME = "libcublas.so.12";
    private static final String NEW_NAME = "libcublas.so.13";

    private JCublasNative() {}

    /** Loads it; the cuBLAS of this major version must be loaded. */
    static void load(int major) {
        if (major == 13) {
            String file = LibUtils.createLibraryFileName(
                    LibUtils.createPlatformLibraryName("JCublas2-" + JCudaVersion.get()));
            JCudaNatives.put(file, forCuda13(read("/lib/" + file)));
        }
        JCudaNatives.load(() -> JCublas2.setExceptionsEnabled(false));
    }

    private static byte[] read(String resource) {
        try (InputStream in = JCublas2.class.getResourceAsStream(resource)) {
            if (in == null) throw new IllegalStateException("no " + resource + " on the class path");
            return in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException("cannot read " + resource, e);
        }
    }

    /**
     * A copy of an ELF file that asks for {@value #NEW_NAME} instead of {@value #OLD_NAME}: the string, which names both the
     * library and the version of its symbols, and the hash of that version.
     *
     * @throws IllegalStateException if the file is not the one that this was written for
     */
    static byte[] forCuda13(byte[] library) {
        byte[] copy = library.clone();
        replace(copy, string(OLD_NAME), string(NEW_NAME));
        replace(copy, littleEndian(elfHash(OLD_NAME)), littleEndian(elfHash(NEW_NAME)));
        return copy;
    }

    private static void replace(byte[] in, byte[] from, byte[] to) {
        int found = 0;
        for (int i = 0; i + from.length <= in.length; i++) {
            if (Arrays.equals(in, i, i + from.length, from, 0, from.length)) {
                System.arraycopy(to, 0, in, i, to.length);
                found++;
            }
        }
        if (found != 1) {
            throw new IllegalStateException("JCublas's library cannot be turned to CUDA 13: expected one place with "
                    + OLD_NAME + " or its hash, got " + found + "; use the cuBLAS of CUDA 12");
        }
    }

    /** A whole entry of a string table. */
    private static byte[] string(String name) {
        return ("\0" + name + "\0").getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] littleEndian(int value) {
        return new byte[] {(byte) value, (byte) (value >> 8), (byte) (value >> 16), (byte) (value >> 24)};
    }

    /** The hash of System V's ABI, by which the loader compares the names of versions. */
    static int elfHash(String name) {
        int hash = 0;
        for (char c : name.toCharArray()) {
            hash = (hash << 4) + c;
            int top = hash & 0xf0000000;
            hash = (hash ^ top >>> 24) & ~top;
        }
        return hash;
    }
}
