package greg.pruning.growth;

import greg.nn.NnModule;
import greg.nn.optim.Penalties;
import greg.nn.train.InputSource;
import greg.nn.train.LossGradient;
import greg.nn.train.TrainData;
import greg.pruning.select.L1Scores;
import greg.pruning.select.ScoreFunction;
import greg.pruning.select.ScoreKind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The scores of all layers after the last step, read from the device together when the first of them is needed. For groups that are
 * removed together, the sum of the scores in all their layers.
 */
final class NetworkScores implements Function<LayerState, GroupScores> {
    /** Batches over which scores with gradients are averaged. */
    private static final int BATCHES = 10;

    private final ScoreKind kind;
    private final NnModule network;
    private final TrainData data;
    private final List<LayerState> layers;
    private final Map<LayerState, String> parameters;
    private final Penalties penalties;
    private Map<String, float[]> sums;
    private Map<LayerState, float[]> chosenBy;

    /**
     * Scores of the network as it is now.
     *
     * @param data of which the first {@value #BATCHES} batches of the first epoch give the gradients, whatever the iteration:
     *     so a run that is resumed chooses the same; null where the kind needs none
     * @param parameters the weights of the layers that may lose groups
     * @param penalties on these weights, with the sums that the last optimizer step left
     */
    NetworkScores(
            ScoreKind kind,
            NnModule network,
            TrainData data,
            List<LayerState> layers,
            Map<LayerState, String> parameters,
            Penalties penalties) {
        this.kind = kind;
        this.network = network;
        this.data = data;
        this.layers = layers;
        this.parameters = parameters;
        this.penalties = penalties;
    }

    @Override
    public GroupScores apply(LayerState layer) {
        return new GroupScores() {
            @Override
            public float[] scores() {
                return ofUnits(layer, NetworkScores.this::l1);
            }

            @Override
            public ScoreKind kind() {
                return kind;
            }

            @Override
            public float[] choice() {
                return kind == ScoreKind.L1 ? scores() : ofUnits(layer, NetworkScores.this::chosenBy);
            }
        };
    }

    private float[] ofUnits(LayerState layer, Function<LayerState, float[]> own) {
        int[] units = layer.coupling().units();
        if (units == null) return own.apply(layer);
        float[] total = new float[layer.coupling().count(units.length)];
        for (LayerState member : layers) {
            if (!member.coupling().set().equals(layer.coupling().set())) continue;
            float[] scores = own.apply(member);
            for (int g = 0; g < scores.length; g++) total[member.coupling().units()[g]] += scores[g];
        }
        float[] scores = new float[units.length];
        for (int g = 0; g < units.length; g++) scores[g] = total[units[g]];
        return scores;
    }

    private float[] l1(LayerState layer) {
        if (sums == null) sums = penalties.l1();
        String name = parameters.get(layer);
        long size = network.parameters().get(name).tensor().shape().size();
        return L1Scores.fromSums(sums.get(name), layer.groups().groupSize(size));
    }

    private float[] chosenBy(LayerState layer) {
        if (chosenBy == null) chosenBy = kind.function().needsGradient() ? averaged() : ofWeights();
        return chosenBy.get(layer);
    }

    private Map<LayerState, float[]> ofWeights() {
        Map<LayerState, float[]> all = new HashMap<>();
        parameters.forEach((layer, name) -> all.put(layer, kind.function().of(weight(name), null, layer.groups())));
        return all;
    }

    /** Scores of each batch, averaged: at a minimum the gradients of batches, unlike their mean, are not almost 0. */
    private Map<LayerState, float[]> averaged() {
        ScoreFunction function = kind.function();
        Map<String, float[]> weights = new HashMap<>();
        parameters.values().forEach(name -> weights.put(name, weight(name)));
        Map<LayerState, float[]> all = new HashMap<>();
        int batches = Math.min(BATCHES, data.stepsPerEpoch());
        try (InputSource source = data.open(network.backend(), 0)) {
            for (int b = 0; b < batches; b++) {
                Map<String, float[]> gradients =
                        LossGradient.of(network, source).gradients();
                parameters.forEach((layer, name) -> {
                    float[] scores = function.of(weights.get(name), gradients.get(name), layer.groups());
                    float[] mean = all.computeIfAbsent(layer, l -> new float[scores.length]);
                    for (int g = 0; g < scores.length; g++) mean[g] += scores[g] / batches;
                });
            }
        }
        return all;
    }

    private float[] weight(String name) {
        return network.parameters().get(name).tensor().toHost();
    }
}
