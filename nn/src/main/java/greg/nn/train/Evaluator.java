package greg.nn.train;

import greg.datasets.Batch;
import greg.datasets.Batches;
import greg.datasets.Dataset;
import greg.datasets.Normalization;
import greg.nn.NnModule;
import greg.tensor.NoGrad;
import greg.tensor.Scope;
import greg.tensor.op.CrossEntropyOp;
import java.util.function.IntConsumer;

/** Measures a network on a data set, in evaluation mode, without side effects on its state. */
public final class Evaluator {
    private final Dataset dataset;
    private final Normalization normalization;
    private final int batchSize;

    /** All records of {@code dataset}, {@code batchSize} at a time. */
    public Evaluator(Dataset dataset, Normalization normalization, int batchSize) {
        this.dataset = dataset;
        this.normalization = normalization;
        this.batchSize = batchSize;
    }

    /** Mean loss, top-1 and top-5 correct. */
    public Score evaluate(NnModule network) {
        return evaluate(network, done -> {});
    }

    /** As above; {@code progress} hears the number of records done. */
    public Score evaluate(NnModule network, IntConsumer progress) {
        Feeder feeder = Feeder.plain(network.backend(), dataset, normalization);
        try (NnModule.Evaluation evaluation = network.evaluating();
                Metrics metrics = new Metrics(network.backend());
                Batches batches = new Batches(dataset, batchSize, false, 0, false, 2).epoch(0)) {
            int done = 0;
            while (batches.hasNext()) {
                Batch batch = batches.next();
                try (Scope step = Scope.open();
                        NoGrad off = NoGrad.begin()) {
                    CrossEntropyOp.apply(network.call(feeder.images(batch, 0)), feeder.labels(batch), metrics.sums());
                }
                metrics.count(batch.size());
                done += batch.size();
                progress.accept(done);
            }
            return metrics.read();
        }
    }
}
