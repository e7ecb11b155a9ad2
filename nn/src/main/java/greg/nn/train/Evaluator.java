package greg.nn.train;

import greg.datasets.Batch;
import greg.datasets.Batches;
import greg.datasets.Dataset;
import greg.datasets.Normalization;
import greg.datasets.Share;
import greg.kernels.Collectives;
import greg.nn.NnModule;
import greg.tensor.NoGrad;
import greg.tensor.Scope;
import greg.tensor.op.CrossEntropyOp;
import java.util.Arrays;
import java.util.function.IntConsumer;

/** Measures a network on a data set, in evaluation mode, without side effects on its state. */
public final class Evaluator {
    private static final int BATCH = 256;

    private final Dataset dataset;
    private final Normalization normalization;
    private final int batchSize;

    /** All records of {@code dataset}, {@code batchSize} at a time. */
    public Evaluator(Dataset dataset, Normalization normalization, int batchSize) {
        this.dataset = dataset;
        this.normalization = normalization;
        this.batchSize = batchSize;
    }

    /** All records of {@code dataset}, normalized as is usual for it. */
    public static Evaluator of(Dataset dataset) {
        return new Evaluator(dataset, dataset.normalization(), BATCH);
    }

    /** The network's outputs for the first {@code count} images, one row per image. */
    public float[][] outputs(NnModule network, int count) {
        if (count < 1 || count > dataset.size()) {
            throw new IllegalArgumentException("evaluator: expected 1 to " + dataset.size() + " images, got " + count);
        }
        Feeder feeder = Feeder.plain(network.backend(), dataset, normalization);
        try (NnModule.Evaluation evaluation = network.evaluating();
                Batches batches = new Batches(dataset, count, false, 0, false, 0).epoch(0);
                Scope scope = Scope.open();
                NoGrad off = NoGrad.begin()) {
            float[] all = network.call(feeder.images(batches.next(), 0)).toHost();
            float[][] rows = new float[count][];
            int width = all.length / count;
            for (int i = 0; i < count; i++) rows[i] = Arrays.copyOfRange(all, i * width, (i + 1) * width);
            return rows;
        }
    }

    /** Mean loss, top-1 and top-5 correct; each of several ranks measures its share of the images. */
    public Score evaluate(NnModule network) {
        return evaluate(network, done -> {});
    }

    /** As above; {@code progress} receives the number of records done. */
    public Score evaluate(NnModule network, IntConsumer progress) {
        Feeder feeder = Feeder.plain(network.backend(), dataset, normalization);
        Collectives ranks = network.backend().collectives();
        try (NnModule.Evaluation evaluation = network.evaluating();
                Metrics metrics = new Metrics(network.backend());
                Batches batches = new Batches(dataset, batchSize, false, 0, false, 2)
                        .share(ranks.rank(), ranks.size())
                        .epoch(0)) {
            int done = 0;
            for (int number = 0; batches.hasNext(); number++) {
                Batch batch = batches.next();
                Share share = batches.share(number);
                done += share.batch();
                if (share.counted() == 0) continue;
                try (Scope step = Scope.open();
                        NoGrad off = NoGrad.begin()) {
                    CrossEntropyOp.apply(network.call(feeder.images(batch, 0)), feeder.labels(batch), metrics.sums());
                }
                metrics.count(batch.size());
                progress.accept(done);
            }
            return metrics.read();
        }
    }
}
