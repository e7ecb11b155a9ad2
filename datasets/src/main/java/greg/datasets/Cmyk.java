package greg.datasets;

import java.awt.image.Raster;

/** JPEGs of four channels (some photographs of ImageNet are): printers' colours, usually stored inverted by Adobe software. */
final class Cmyk {

    private static final int YCCK = 2;

    private Cmyk() {}

    /**
     * Converts the raw bands of a JPEG as PIL does: {@code R = (255-C)(255-K)/255}, and so on.
     *
     * @param raster four bands as stored, CMYK or YCCK
     * @param adobeTransform of the file's header: tells CMYK from YCCK, and that the values are inverted
     */
    static ImageDecoder.Pixels toRgb(Raster raster, int adobeTransform) {
        int bands = raster.getNumBands();
        if (bands != 4) {
            throw new IllegalArgumentException("JPEG of " + bands + " channels; expected 1, 3 or 4");
        }
        boolean inverted = adobeTransform != JpegHeader.NO_ADOBE;
        int height = raster.getHeight();
        int width = raster.getWidth();
        byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(height, width))];
        int[] row = new int[width * bands];
        for (int y = 0, at = 0; y < height; y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
            for (int i = 0; i < row.length; i += bands) {
                if (adobeTransform == YCCK) {
                    yccToCmy(row, i);
                }
                // light = 255 - ink; Adobe's inverted files hold light already
                int white = inverted ? row[i + 3] : 255 - row[i + 3];
                for (int c = 0; c < 3; c++) {
                    int ink = inverted ? 255 - row[i + c] : row[i + c];
                    rgb[at++] = (byte) (white - divideBy255(ink * white));
                }
            }
        }
        return new ImageDecoder.Pixels(height, width, rgb);
    }

    /** In place: luma and chroma to three ink values (JFIF's conversion to RGB, then 255 minus it). */
    private static void yccToCmy(int[] row, int i) {
        int y = row[i];
        int cb = row[i + 1] - 128;
        int cr = row[i + 2] - 128;
        row[i] = 255 - clamp(y + (int) Math.rint(1.402 * cr));
        row[i + 1] = 255 - clamp(y + (int) Math.rint(-0.344136 * cb - 0.714136 * cr));
        row[i + 2] = 255 - clamp(y + (int) Math.rint(1.772 * cb));
    }

    private static int clamp(int v) {
        return Math.max(0, Math.min(255, v));
    }

    /** Rounded quotient, exact for products of two bytes. */
    private static int divideBy255(int product) {
        return (product + 127) / 255;
    }
}
