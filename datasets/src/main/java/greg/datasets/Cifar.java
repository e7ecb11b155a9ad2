package greg.datasets;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * CIFAR-10 and CIFAR-100 (Krizhevsky 2009) in the official binary format: records of one label byte (CIFAR-100: coarse,
 * then fine; the fine one is used) and 3072 pixel bytes, a 32x32 plane each for red, green and blue. Planes become HWC here.
 *
 * <p>Files with fewer records than the official ones are accepted; {@link Dataset#size()} tells how many there are.
 */
public final class Cifar {

    private static final int SIDE = 32;
    private static final int CHANNELS = 3;
    private static final int PLANE = SIDE * SIDE;
    private static final int PIXELS = CHANNELS * PLANE;

    private Cifar() {}

    private record Variant(
            String name,
            String folder,
            List<String> train,
            List<String> test,
            int labelBytes,
            List<String> classNames,
            Normalization normalization) {

        int recordBytes() {
            return labelBytes + PIXELS;
        }
    }

    /**
     * Reads CIFAR-10: {@code data_batch_1.bin .. data_batch_5.bin} and {@code test_batch.bin}.
     *
     * @param folder holds the files, itself or in {@code cifar-10-batches-bin}
     * @throws DatasetException if a file is missing, truncated or not CIFAR-10
     */
    public static DataSplit cifar10(Path folder) {
        List<String> train = new ArrayList<>();
        for (int i = 1; i <= 5; i++) {
            train.add("data_batch_" + i + ".bin");
        }
        return load(
                folder,
                new Variant(
                        "cifar10",
                        "cifar-10-batches-bin",
                        train,
                        List.of("test_batch.bin"),
                        1,
                        ClassNames.CIFAR10,
                        Normalization.CIFAR10));
    }

    /**
     * Reads CIFAR-100 with its fine labels: {@code train.bin} and {@code test.bin}.
     *
     * @param folder holds the files, itself or in {@code cifar-100-binary}
     * @throws DatasetException if a file is missing, truncated or not CIFAR-100
     */
    public static DataSplit cifar100(Path folder) {
        return load(
                folder,
                new Variant(
                        "cifar100",
                        "cifar-100-binary",
                        List.of("train.bin"),
                        List.of("test.bin"),
                        2,
                        ClassNames.CIFAR100,
                        Normalization.CIFAR100));
    }

    private static DataSplit load(Path folder, Variant v) {
        List<String> all = new ArrayList<>(v.train());
        all.addAll(v.test());
        Path found = DataFiles.locate(v.name(), List.of(folder, folder.resolve(v.folder())), all);
        return new DataSplit(half(found, v, "train", v.train()), half(found, v, "test", v.test()));
    }

    private static Dataset half(Path folder, Variant v, String half, List<String> files) {
        List<byte[]> contents = new ArrayList<>();
        int records = 0;
        for (String file : files) {
            byte[] bytes = DataFiles.read(folder, file);
            requireWholeRecords(folder.resolve(file), bytes.length, v);
            contents.add(bytes);
            records = Math.addExact(records, bytes.length / v.recordBytes());
        }
        long pixelBytes = (long) records * PIXELS;
        if (pixelBytes > Integer.MAX_VALUE - 8) {
            throw new DatasetException(folder + ": " + records + " records in " + files
                    + " exceed one Java array (2 GiB); these are not the official " + v.name() + " files");
        }
        byte[] pixels = new byte[(int) pixelBytes];
        int[] labels = new int[records];
        int image = 0;
        for (int f = 0; f < files.size(); f++) {
            byte[] bytes = contents.get(f);
            contents.set(f, null); // lets the garbage collector free a file once it is copied
            for (int record = 0; record < bytes.length / v.recordBytes(); record++) {
                int start = record * v.recordBytes();
                int label = bytes[start + v.labelBytes() - 1] & 0xFF;
                if (label >= v.classNames().size()) {
                    throw new DatasetException(
                            folder.resolve(files.get(f)) + ": record " + record + " has label " + label
                                    + ", expected 0.." + (v.classNames().size() - 1) + "; the file is damaged or not "
                                    + v.name() + "; download again: " + DataFiles.fetch(v.name()));
                }
                labels[image] = label;
                planesToHwc(bytes, start + v.labelBytes(), pixels, image * PIXELS);
                image++;
            }
        }
        ImageShape shape = new ImageShape(CHANNELS, SIDE, SIDE, v.classNames().size());
        return new ArrayDataset(
                new DatasetInfo(v.name() + "/" + half, shape, v.classNames(), v.normalization()), pixels, labels);
    }

    private static void requireWholeRecords(Path file, int length, Variant v) {
        if (length == 0) {
            throw new DatasetException(file + ": empty; download again: " + DataFiles.fetch(v.name()));
        }
        if (length % v.recordBytes() != 0) {
            throw new DatasetException(
                    file + ": truncated: expected a multiple of " + v.recordBytes() + " bytes, found " + length
                            + "; the last record is incomplete; download again: " + DataFiles.fetch(v.name()));
        }
    }

    private static void planesToHwc(byte[] src, int from, byte[] dst, int to) {
        for (int p = 0; p < PLANE; p++) {
            dst[to + CHANNELS * p] = src[from + p];
            dst[to + CHANNELS * p + 1] = src[from + PLANE + p];
            dst[to + CHANNELS * p + 2] = src[from + 2 * PLANE + p];
        }
    }
}
