package greg.nn.train;

import greg.datasets.ArrayDataset;
import greg.datasets.Dataset;
import greg.datasets.DatasetInfo;
import greg.datasets.ImageShape;
import greg.kernels.Backend;
import greg.tensor.Shape;
import java.util.Iterator;
import java.util.function.IntFunction;

/**
 * What a network is trained on. What a step sees depends on the number of the iteration alone, so that training can be
 * resumed at any step.
 *
 * <pre>{@code
 * TrainData.of(dataset, 128);                                             // a data set, in shuffled batches of 128
 * TrainData.of(pixels, Shape.of(1, 3, 32, 32), labels, 128);              // arrays of your own
 * TrainData.of(steps, MyNet::batches);                                    // batches of your own, an iterator an epoch
 * }</pre>
 */
public interface TrainData {
    /** Steps in an epoch. */
    int stepsPerEpoch();

    /** Images in an epoch. */
    long imagesPerEpoch();

    /**
     * Opens the stream of inputs; the caller closes it.
     *
     * @param backend where the inputs are to live
     * @param iteration the number of the first step, counted from 0 over all epochs
     */
    InputSource open(Backend backend, long iteration);

    /** The images of a data set in batches, shuffled anew in each epoch, normalized as is usual for that data set. */
    static ImageData of(Dataset dataset, int batchSize) {
        return ImageData.of(dataset, batchSize);
    }

    /**
     * Images in an array of unsigned bytes, in batches, shuffled anew in each epoch; normalized to -1..1 unless {@link
     * ImageData#normalize} says otherwise.
     *
     * @param pixels the images one after another, each (H, W, C) row-major; not copied
     * @param shape size of an image, and the number of classes
     * @param labels one an image, from 0
     * @param batchSize images a step; the last step of an epoch may have fewer
     */
    static ImageData of(byte[] pixels, ImageShape shape, int[] labels, int batchSize) {
        return of(new ArrayDataset(DatasetInfo.of("images", shape), pixels, labels), batchSize);
    }

    /**
     * Images in an array, in batches, shuffled anew in each epoch; used as they are.
     *
     * @param images the images one after another, each (C, H, W) row-major; not copied
     * @param image (1, C, H, W)
     * @param labels one an image, from 0
     * @param batchSize images a step; the last step of an epoch may have fewer
     */
    static TrainData of(float[] images, Shape image, int[] labels, int batchSize) {
        return new ArrayData(images, image, labels, batchSize, 0);
    }

    /**
     * Batches from anywhere.
     *
     * @param stepsPerEpoch how many batches an iterator gives
     * @param epochs given the number of an epoch, from 0, returns an iterator over its batches: always the same ones for the
     *     same number, so that training can be resumed with the same bits. Training that is resumed within an epoch skips
     *     what the iterator gives for the steps already taken
     */
    static TrainData of(int stepsPerEpoch, IntFunction<Iterator<HostBatch>> epochs) {
        return new IteratedData(stepsPerEpoch, epochs);
    }

    /** Inputs without end from a source that the caller has opened: for loops that count iterations and not epochs. */
    static TrainData endless(InputSource source) {
        return new TrainData() {
            @Override
            public int stepsPerEpoch() {
                return Integer.MAX_VALUE;
            }

            @Override
            public long imagesPerEpoch() {
                return Long.MAX_VALUE;
            }

            @Override
            public InputSource open(Backend backend, long iteration) {
                return source::next;
            }
        };
    }
}
