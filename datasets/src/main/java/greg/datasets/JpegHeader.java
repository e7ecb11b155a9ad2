package greg.datasets;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What a JPEG file says about its colours, its scans and its end. */
final class JpegHeader {

    /** {@link #adobeTransform()} of a file without an Adobe segment. */
    static final int NO_ADOBE = -1;

    private static final int START_OF_FRAME = 0xC0;
    private static final int START_OF_SCAN = 0xDA;
    private static final int APP2 = 0xE2;
    private static final int APP14 = 0xEE;
    private static final byte[] ADOBE = "Adobe".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] PROFILE = "ICC_PROFILE".getBytes(StandardCharsets.US_ASCII);

    private static final int END_OF_IMAGE = 0xD9;

    private boolean truncated;
    private int components;
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
            components = file[start + 5] & 0xFF;
        } else if (marker == APP14 && startsWith(file, start, end, ADOBE) && end - start >= 12) {
            adobeTransform = file[start + 11] & 0xFF;
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

    /** Colour transform of the Adobe segment: 0 none, 1 YCbCr, 2 YCCK; or {@link #NO_ADOBE}. */
    int adobeTransform() {
        return adobeTransform;
    }
}
