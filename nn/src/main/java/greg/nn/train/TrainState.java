package greg.nn.train;

import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.layer.Dropout;
import greg.nn.optim.Optimizer;
import java.util.ArrayList;
import java.util.List;

/**
 * All that training needs to be resumed with the same bits: a snapshot between two steps.
 *
 * @param position where the loop stands
 * @param network parameters and buffers
 * @param optimizer moving averages, penalties and the norms measured by the last step
 * @param optimizerSteps updates that the optimizer has counted
 * @param dropout the positions of the network's streams of random numbers
 */
public record TrainState(
        Position position, StateDict network, StateDict optimizer, long optimizerSteps, List<Stream> dropout) {
    /**
     * The stream of random numbers of a {@link Dropout} layer.
     *
     * @param layer path of the layer
     * @param seed what it was seeded with
     * @param step forward passes in training so far
     */
    public record Stream(String layer, long seed, long step) {
        /** Refuses a stream without a layer, or before its start. */
        public Stream {
            if (layer == null || step < 0) {
                throw new IllegalArgumentException(
                        "stream of random numbers: expected a layer and a step of at least 0, got " + layer + " and "
                                + step);
            }
        }
    }

    /** A snapshot of a loop, to be taken when {@link TrainLoop#position} may be asked (waits for the device). */
    public static TrainState of(TrainLoop loop) {
        return new TrainState(
                loop.position(),
                StateDict.of(loop.network()),
                loop.optimizer().save(),
                loop.optimizer().stepCount(),
                streams(loop.network()));
    }

    /** A snapshot before the first step. */
    public static TrainState start(NnModule network) {
        return new TrainState(Position.START, StateDict.of(network), new StateDict(), 0, streams(network));
    }

    private static List<Stream> streams(NnModule network) {
        List<Stream> all = new ArrayList<>();
        network.visit((path, m) -> {
            if (m instanceof Dropout dropout) all.add(new Stream(path, dropout.seed(), dropout.step()));
        });
        return List.copyOf(all);
    }

    /** Puts back the network's tensors and its streams of random numbers. */
    public void restore(NnModule target) {
        network.loadInto(target);
        restoreDropout(target);
    }

    /** Puts back the streams of random numbers alone. */
    public void restoreDropout(NnModule target) {
        target.visit((path, m) -> {
            if (!(m instanceof Dropout layer)) return;
            for (Stream stream : dropout) {
                if (!stream.layer().equals(path)) continue;
                layer.seed(stream.seed());
                layer.step(stream.step());
            }
        });
    }

    /** Puts back what the optimizer keeps; nothing before the first step. */
    public void restore(Optimizer target) {
        if (optimizer.names().isEmpty()) return;
        target.load(optimizer);
        target.stepCount(optimizerSteps);
    }
}
