package greg.datasets.jpeg;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.NativeLong;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import java.nio.charset.Charset;
import java.util.Objects;

/**
 * libjpeg-turbo, which decodes a JPEG file in less than half the time that the JDK takes. It is called through its interface
 * TurboJPEG (of version 2, which version 3 has too), whose functions return a code for a damaged file: libjpeg's own leave by
 * {@code longjmp}, which no JVM survives.
 *
 * <p>It is looked for once: on Linux as {@code libturbojpeg.so.0} where the system keeps its libraries, on any system in the
 * file that the system property {@value #PROPERTY} names. Other systems also search the current folder, in which somebody
 * else may have put what is loaded then.
 */
public final class TurboJpeg {
    /** System property: the file of the library, or {@code none}. */
    public static final String PROPERTY = "greg.turbojpeg";

    private static final String NONE = "none";
    private static final String REMEDY =
            "install it (on Debian libturbojpeg0) or name its file with -D" + PROPERTY + "=...";

    /** TJPF_RGB. */
    private static final int RGB = 0;

    /** TJFLAG_ACCURATEDCT, the JDK's arithmetic; TJFLAG_STOPONWARNING; TJFLAG_LIMITSCANS. Unknown ones are ignored. */
    private static final int FLAGS = 4096 | 8192 | 32768;

    private static String whyNot;
    private static final TurboJpeg LIBRARY = find();

    private final Function init;
    private final Function header;
    private final Function decompress;
    private final Function destroy;

    private TurboJpeg(NativeLibrary library) {
        init = library.getFunction("tjInitDecompress");
        header = library.getFunction("tjDecompressHeader3");
        decompress = library.getFunction("tjDecompress2");
        destroy = library.getFunction("tjDestroy");
    }

    private static TurboJpeg find() {
        String name = System.getProperty(PROPERTY);
        if (NONE.equals(name)) {
            whyNot = "-D" + PROPERTY + "=" + NONE + " says so";
        } else if (!hasAscii()) {
            whyNot = "JNA cannot be loaded where Java's default charset is " + Charset.defaultCharset()
                    + "; leave -Dfile.encoding out";
        } else if (name == null && !Platform.isLinux()) {
            whyNot = "it is looked for on Linux only; name its file with -D" + PROPERTY + "=...";
        } else {
            try {
                return new TurboJpeg(NativeLibrary.getInstance(Objects.requireNonNullElse(name, "libturbojpeg.so.0")));
            } catch (LinkageError e) { // of the library, or of JNA itself
                whyNot = String.valueOf(e.getMessage()).lines().findFirst().orElse("") + "; " + REMEDY;
            }
        }
        return null;
    }

    /** JNA reads the names of its own properties in the default charset, which has to contain ASCII as it is. */
    private static boolean hasAscii() {
        return "a".getBytes(Charset.defaultCharset()).length == 1;
    }

    /** Whether the machine has it. */
    public static boolean isThere() {
        return LIBRARY != null;
    }

    /** Why it is not there, and what to do; null if it is. */
    public static String whyNot() {
        return whyNot;
    }

    /** A side of an image that is decoded at a fraction of its size. */
    public static int reduced(int side, int by) {
        return (side + by - 1) / by;
    }

    /**
     * Decodes a JPEG file; only to be called if the library {@link #isThere()}.
     *
     * @param jpeg the whole file
     * @param height of the image in pixels
     * @param width of the image in pixels
     * @param by 1, 2, 4 or 8: each side becomes a fraction of itself ({@link #reduced})
     * @return unsigned bytes, (reduced height, reduced width, RGB); null if the file is damaged in any way, or the image has
     *     another size
     */
    public static byte[] decode(byte[] jpeg, int height, int width, int by) {
        return LIBRARY.decompress(jpeg, height, width, by);
    }

    private byte[] decompress(byte[] jpeg, int height, int width, int by) {
        Pointer handle = init.invokePointer(new Object[0]);
        if (handle == null) return null;
        try {
            NativeLong length = new NativeLong(jpeg.length);
            IntByReference w = new IntByReference();
            IntByReference h = new IntByReference();
            Object[] about = {handle, jpeg, length, w, h, new IntByReference(), new IntByReference()};
            if (header.invokeInt(about) != 0 || h.getValue() != height || w.getValue() != width) return null;
            int rows = reduced(height, by);
            int columns = reduced(width, by);
            byte[] rgb = new byte[Math.multiplyExact(rows, Math.multiplyExact(columns, 3))];
            Object[] all = {handle, jpeg, length, rgb, columns, 3 * columns, rows, RGB, FLAGS};
            return decompress.invokeInt(all) == 0 ? rgb : null;
        } finally {
            destroy.invokeInt(new Object[] {handle});
        }
    }
}
