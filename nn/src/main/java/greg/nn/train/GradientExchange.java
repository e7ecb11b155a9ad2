package greg.nn.train;

import greg.kernels.Collectives;
import greg.kernels.Storage;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.tensor.Backprop;
import greg.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Sums gradients over all ranks while the backward pass goes on: gradients that are complete are collected in buckets, and each is
 * sent as soon as it is full. The tape decides the order, so it is the same on every rank. Running statistics, which each rank
 * measures on its own share of the batch, become the mean over the ranks, so that after a step all ranks hold the same network.
 */
final class GradientExchange {
    /** Elements of the first bucket, 1 MiB: it leaves early. */
    private static final long FIRST = 1 << 18;

    /** Elements of the others, 25 MiB as in PyTorch's DistributedDataParallel: a sum of little takes as long as one of more. */
    private static final long BUCKET = 25 * FIRST;

    private final Collectives ranks;
    private final NnModule network;
    private final List<Storage> bucket = new ArrayList<>();
    private long elements;
    private long full;

    GradientExchange(Collectives ranks, NnModule network) {
        this.ranks = ranks;
        this.network = network;
    }

    /**
     * The backward pass, and the sums behind it: afterwards every parameter has the gradient of the batch's mean loss.
     *
     * @param mean loss over the images of this rank
     * @param weight their share of the batch
     */
    void backprop(Tensor mean, float weight) {
        List<Storage> statistics = new ArrayList<>();
        for (Parameter buffer : network.buffers().values())
            statistics.add(buffer.tensor().storage());
        ranks.startMean(statistics);
        full = FIRST;
        Backprop.run(mean, weight, this::add);
        send();
        ranks.await();
    }

    private void add(Tensor leaf) {
        bucket.add(leaf.gradient());
        elements += leaf.shape().size();
        if (elements >= full) send();
    }

    private void send() {
        ranks.startSum(bucket);
        bucket.clear();
        elements = 0;
        full = BUCKET;
    }
}
