package greg.datasets;

/** A data set that can cut random windows out of its images before they are resized to one size. */
public interface CropSource extends Dataset {

    /**
     * Writes a random window of one image, scaled to the height and width of {@link #shape}, as {@link #image} writes an image.
     * The window is the one of torchvision's {@code RandomResizedCrop}: 0.08 to 1 of the area of the image as it is stored, its
     * width 3/4 to 4/3 of its height; scaled bilinearly with antialiasing. It follows from (seed, epoch, index) and the size of
     * the image alone.
     *
     * @param index {@code 0 .. size()-1}
     * @param seed of the run
     * @param epoch from 0
     * @param dst receives {@code shape().bytes()} bytes
     * @param offset where the window starts in {@code dst}
     * @throws IndexOutOfBoundsException if the index is outside the data set or {@code dst} is too short
     * @throws DatasetException if the image's file cannot be read or decoded
     */
    void randomCrop(int index, long seed, int epoch, byte[] dst, int offset);
}
