package greg.bench;

import com.sun.management.OperatingSystemMXBean;
import greg.datasets.Batches;
import greg.datasets.CropSource;
import greg.datasets.DataSplit;
import greg.datasets.Datasets;
import greg.datasets.ImageCheck;
import greg.datasets.ImageReading;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.model.Networks;
import greg.nn.optim.Sgd;
import greg.nn.train.Augmentation;
import greg.nn.train.InputSource;
import greg.nn.train.Metrics;
import greg.nn.train.TrainData;
import greg.nn.train.TrainStep;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * Does training on image files wait for them? Times the loader alone, random windows of one epoch after another, or with the name
 * of a network an epoch of training, and how long its steps wait for their images.
 *
 * <pre>
 * java -cp bench/target/benchmarks.jar greg.bench.Photos /tmp/photos 2000 100 10
 * java -cp bench/target/benchmarks.jar greg.bench.ImageEpoch /tmp/photos WORKERS BATCH EPOCHS
 * java -cp bench/target/benchmarks.jar greg.bench.ImageEpoch /tmp/photos WORKERS BATCH STEPS resnet50
 * </pre>
 *
 * <p>The time of a core counts what this process used, so that others on the machine matter less.
 * {@code -Dgreg.turbojpeg=none} leaves decoding to the JDK; {@code -Dgreg.threads=N} sets the threads that compute.
 */
public final class ImageEpoch {
    private static final int SIZE = 224;
    private static final int READ_AHEAD = 4;
    private static final long SEED = 1;
    private static final float LEARNING_RATE = 0.001f;
    private static final OperatingSystemMXBean PROCESS =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private final DataSplit data;
    private final int batch;
    private final int count;

    private ImageEpoch(DataSplit data, int batch, int count) {
        this.data = data;
        this.batch = batch;
        this.count = count;
    }

    /** Arguments: folder, workers, images a batch, and epochs of loading, or steps of training (0: an epoch) and a network. */
    public static void main(String[] args) {
        if (args.length < 4 || args.length > 5) {
            System.err.println(
                    "usage: ImageEpoch DIR WORKERS BATCH EPOCHS, or ImageEpoch DIR WORKERS BATCH STEPS ARCH");
            System.exit(2);
        }
        ImageReading reading = new ImageReading(ImageCheck.NONE, Integer.parseInt(args[1]), false);
        DataSplit data = Datasets.open("imagefolder", Path.of(args[0]), SIZE, reading);
        System.out.println("JPEG files are decoded by " + Datasets.jpegDecoder());
        ImageEpoch epoch = new ImageEpoch(data, Integer.parseInt(args[2]), Integer.parseInt(args[3]));
        if (args.length == 4) epoch.load();
        else epoch.train(args[4]);
    }

    private void load() {
        try (Batches batches = Batches.randomCrops((CropSource) data.train(), batch, true, SEED, false, READ_AHEAD)) {
            for (int e = 0; e < count; e++) {
                long start = System.nanoTime();
                long used = PROCESS.getProcessCpuTime();
                batches.epoch(e);
                while (batches.hasNext()) batches.next();
                double seconds = seconds(start);
                double ofCores = 1e-6 * (PROCESS.getProcessCpuTime() - used);
                int images = data.train().size();
                say(
                        "%d images in %.2f s: %.0f images/s, %.2f ms of a core an image",
                        images, seconds, images / seconds, ofCores / images);
            }
        }
    }

    private void train(String arch) {
        TrainData images = TrainData.of(data.train(), batch)
                .augment(Augmentation.RESIZED_CROP)
                .seed(SEED);
        int steps = count > 0 ? count : images.stepsPerEpoch();
        double[] step = new double[steps];
        double[] wait = new double[steps];
        int classes = data.train().classNames().size();
        try (Backend backend = Backends.open("cpu", BackendOptions.standard());
                NnModule network = Networks.createInitialized(arch, backend, 3, SIZE, classes, SEED)
                        .train(true);
                Sgd sgd = new Sgd(network, 0.9f, 1e-4f);
                Metrics metrics = new Metrics(backend);
                TrainStep train = new TrainStep(network, sgd, metrics);
                InputSource inputs = images.open(backend, 0)) {
            sgd.learningRate(LEARNING_RATE);
            for (int s = 0; s < steps; s++) {
                int now = s;
                long start = System.nanoTime();
                train.run(() -> {
                    InputSource.Input input = inputs.next();
                    wait[now] = seconds(start);
                    return input;
                });
                step[s] = seconds(start);
            }
            say("%s, %d steps of %d images, loss of the last %.3f", arch, steps, batch, train.loss());
        }
        // before the first step nothing has been read yet, and the loader has nothing to work beside
        double[] others = Arrays.copyOfRange(step, 1, steps);
        double total = Arrays.stream(others).sum();
        double waited = Arrays.stream(wait).skip(1).sum();
        say("first step %.2f s, of which %.3f s for its images", step[0], wait[0]);
        say("others: %.1f s, %.1f images/s, median step %.3f s", total, others.length * batch / total, median(others));
        say(
                "waiting for images, copying and flipping them included: %.3f s, %.2f %%; longest %.3f s",
                waited, 100 * waited / total, Arrays.stream(wait).skip(1).max().orElse(0));
    }

    private static double median(double[] times) {
        double[] sorted = times.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static double seconds(long start) {
        return 1e-9 * (System.nanoTime() - start);
    }

    private static void say(String format, Object... values) {
        System.out.printf(Locale.ROOT, format + "%n", values);
    }
}
