package greg.datasets;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.StringJoiner;

/** What a JPEG file says about its coding, its colours, its scans and its end. */
final class JpegHeader {

    /** {@link #adobeTransform()} of a file without an Adobe segment. */
    static final int NO_ADOBE = -1;

    private static final int START_OF_FRAME = 0xC0;
    private static final int START_OF_SCAN = 0xDA;
    private static final int BASELINE = 0xC0;
    private static final int EXTENDED_SEQUENTIAL = 0xC1;
    private static final int APP0 = 0xE0;
    private static final int APP1 = 0xE1;
    private static final int APP2 = 0xE2;
    private static final int APP14 = 0xEE;
    private static final byte[] JFIF = "JFIF\0".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] ADOBE = "Adobe".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] PROFILE = "ICC_PROFILE".getBytes(StandardCharsets.US_ASCII);

    private static final int END_OF_IMAGE = 0xD9;

    /** Number and sampling factors of Y, Cb and Cr at full, half-width and quarter size of the chroma. */
    private static final List<String> USUAL_SAMPLINGS =
            List.of("01:11 02:11 03:11", "01:21 02:11 03:11", "01:22 02:11 03:11");

    private boolean truncated;
    private int frame;
    private int bits;
    private int components;
    private String sampling = "";
    private boolean jfifOrExif;
    private int scans;
    private int adobeTransform = NO_ADOBE;

    /**
     * Reads the segments before the first scan, and disables colour profiles in place: Java's reader would convert the
     * pixels by them, or fail over a damaged one.
     *
     * @param file the whole file; anything but a JPEG is left alone
     */
    JpegHeader(byte[] file) {
        int at = 2; // after the start-of-image marker
        if (file.length < 4 || (file[0] & 0xFF) != 0xFF || (file[1] & 0xFF) != 0xD8) {
            return;
        }
        while (at + 4 <= file.length && (file[at] & 0xFF) == 0xFF) {
            int marker = file[at + 1] & 0xFF;
            if (marker == 0xFF) { // fill byte
                at++;
                continue;
            }
            int length = (file[at + 2] & 0xFF) << 8 | file[at + 3] & 0xFF;
            int end = at + 2 + length;
            if (marker == START_OF_SCAN || length < 2 || end > file.length) {
                break;
            }
            segment(file, marker, at + 4, end);
            at = end;
        }
        truncated = !endsAfter(file, at);
        for (int i = at; i + 1 < file.length; i++) {
            if ((file[i] & 0xFF) == 0xFF && (file[i + 1] & 0xFF) == START_OF_SCAN) scans++;
        }
    }

    /** Searched from the back, where it is found at once; bytes after it are common and harmless. */
    private static boolean endsAfter(byte[] file, int start) {
        for (int i = file.length - 2; i >= start; i--) {
            if ((file[i] & 0xFF) == 0xFF && (file[i + 1] & 0xFF) == END_OF_IMAGE) {
                return true;
            }
        }
        return false;
    }

    private void segment(byte[] file, int marker, int start, int end) {
        if (isFrame(marker) && end - start >= 6) {
            frame = marker;
            bits = file[start] & 0xFF;
            components = file[start + 5] & 0xFF;
            StringJoiner each = new StringJoiner(" ");
            HexFormat hex = HexFormat.of();
            for (int at = start + 6; at + 3 <= end; at += 3) {
                each.add(hex.toHexDigits(file[at]) + ":" + hex.toHexDigits(file[at + 1]));
            }
            sampling = each.toString();
        } else if (marker == APP14 && startsWith(file, start, end, ADOBE) && end - start >= 12) {
            adobeTransform = file[start + 11] & 0xFF;
        } else if (marker == APP0 && startsWith(file, start, end, JFIF)
                || marker == APP1 && startsWith(file, start, end, EXIF)) {
            jfifOrExif = true;
        } else if (marker == APP2 && startsWith(file, start, end, PROFILE)) {
            file[start] = 'x'; // an application segment of an unknown name is skipped by every reader
        }
    }

    /** SOF0 to SOF15; C4, C8 and CC between them mean something else. */
    private static boolean isFrame(int marker) {
        return (marker & 0xF0) == START_OF_FRAME && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    }

    private static boolean startsWith(byte[] file, int start, int end, byte[] id) {
        return end - start >= id.length && Arrays.equals(file, start, start + id.length, id, 0, id.length);
    }

    /** Whether this is a JPEG without its end: Java's reader would fill the rest with grey and only warn. */
    boolean truncated() {
        return truncated;
    }

    /** How many times the image is gone through: one, or more of a progressive JPEG; 0 if this is no JPEG. */
    int scans() {
        return scans;
    }

    /** Channels of the image: 1 grey, 3 colour, 4 printers' colours; 0 if this is no JPEG. */
    int components() {
        return components;
    }

    /**
     * Whether this is a JPEG for which libjpeg-turbo and the JDK were seen to give the same pixels: coded sequentially with 8 bits, grey
     * or plainly YCbCr, its chroma at full size or halved across, or across and down. They smooth chroma halved down only, and
     * progressive files that lack scans, in different ways, and take unmarked colours for different ones.
     */
    boolean decodesAlike() {
        boolean sequential = (frame == BASELINE || frame == EXTENDED_SEQUENTIAL) && bits == 8;
        boolean yCbCr = adobeTransform == 1 || adobeTransform == NO_ADOBE && jfifOrExif;
        return sequential && (components == 1 || yCbCr && USUAL_SAMPLINGS.contains(sampling));
    }

    /** Colour transform of the Adobe segment: 0 none, 1 YCbCr, 2 YCCK; or {@link #NO_ADOBE}. */
    int adobeTransform() {
        return adobeTransform;
    }
}
