package greg.pruning.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import greg.kernels.spec.GroupIndex;
import greg.nn.StateDict;
import greg.nn.io.Safetensors;
import greg.nn.train.Position;
import greg.nn.train.TrainState;
import greg.pruning.graph.Granularity;
import greg.pruning.growth.GrowthSchedule;
import greg.pruning.growth.LayerState;
import greg.pruning.select.L1Scores;
import greg.tensor.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One iteration of a golden case with the complete state of the reference before and after it: weights and BN buffers, {@code
 * momentum.*} (absent before the first step), {@code reg.*} and {@code hist_mag_ratio.*}. What was picked and finished by then
 * is in {@code pruned.json}.
 */
record GoldenStep(GoldenCase golden, long iteration, StateDict before, StateDict after) {
    private static final String AFTER = ".after.safetensors";
    private static final String MOMENTUM = "momentum.";
    private static final String PENALTY = "reg.";
    private static final String HISTORY = "hist_mag_ratio.";

    /** The steps that were recorded of a case, in order. */
    static Stream<GoldenStep> of(GoldenCase golden) {
        Path folder = golden.folder.resolve("steps");
        if (!Files.isDirectory(folder)) return Stream.of();
        try (Stream<Path> files = Files.list(folder)) {
            return files
                    .map(f -> f.getFileName().toString())
                    .filter(f -> f.endsWith(AFTER))
                    .map(f -> Long.parseLong(f.substring("iter".length(), f.length() - AFTER.length())))
                    .sorted()
                    .toList()
                    .stream()
                    .map(i -> read(golden, folder.resolve("iter" + i), i));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static GoldenStep read(GoldenCase golden, Path start, long iteration) {
        StateDict after = Safetensors.read(Path.of(start + AFTER)).state();
        Path before = Path.of(start + ".before.safetensors");
        if (Files.exists(before) || iteration > 0) {
            return new GoldenStep(golden, iteration, Safetensors.read(before).state(), after);
        }
        // before iteration 0 there are the initial weights and no penalty
        StateDict initial = golden.initialWeights();
        after.under(PENALTY).names().forEach(layer -> {
            Shape shape = after.get(PENALTY + layer).shape();
            initial.put(PENALTY + layer, shape, new float[(int) shape.size()]);
        });
        return new GoldenStep(golden, iteration, initial, after);
    }

    /** Only weights and BN buffers. */
    StateDict network(StateDict state) {
        StateDict network = new StateDict();
        for (String name : state.names()) {
            if (Stream.of(MOMENTUM, PENALTY, HISTORY).anyMatch(name::startsWith)) continue;
            network.put(name, state.get(name).shape(), state.get(name).values());
        }
        return network;
    }

    /** What the run was doing when so many iterations were done. */
    GrowthSchedule.Phase phase(long done) {
        boolean grown = golden.summary.get("iter_stabilize_start").longValue() < done;
        return grown ? GrowthSchedule.Phase.STABILIZE_REG : GrowthSchedule.Phase.UPDATE_REG;
    }

    /** A layer when so many iterations were done. */
    LayerState.Saved layer(int index, GroupIndex groups, StateDict state, long done) {
        GoldenCase.Layer layer = golden.layers.get(index);
        JsonNode json = layer.json();
        String history = HISTORY + layer.name();
        long finish = json.get("iter_update_reg_finished").longValue();
        boolean choosesFirst = golden.config().method().choosesFirst();
        boolean nothing = json.get("pr").doubleValue() == 0;
        long pick = choosesFirst || nothing ? -1 : json.get("iter_finish_pick").longValue();
        boolean picked = pick < done;
        return new LayerState.Saved(
                layer.name(),
                penalty(layer, groups, state.get(PENALTY + layer.name()).values()),
                state.contains(history),
                state.contains(history) ? state.get(history).values()[0] : Float.NaN,
                picked ? layer.pruned() : null,
                picked ? pick : -1,
                finish < done ? finish : -1);
    }

    /** lambda per group from the reference's matrix (out, in), or all weights in a row, which must be equal within groups. */
    private float[] penalty(GoldenCase.Layer layer, GroupIndex groups, float[] matrix) {
        int positions = golden.wg() == Granularity.WEIGHT ? 1 : layer.positions();
        float[] lambda = new float[groups.count()];
        for (int i = matrix.length - 1; i >= 0; i--) lambda[groups.of((long) i * positions)] = matrix[i];
        for (int i = 0; i < matrix.length; i++) {
            assertEquals(matrix[i], lambda[groups.of((long) i * positions)], layer.name() + " reg " + i);
        }
        return lambda;
    }

    /** The growth before the iteration, as one of our checkpoints would have it. */
    GrowthSchedule.Saved schedule(List<LayerState> layers) {
        List<LayerState.Saved> saved = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) saved.add(layer(i, layers.get(i).groups(), before, iteration));
        long start = phase(iteration) == GrowthSchedule.Phase.STABILIZE_REG
                ? golden.summary.get("iter_stabilize_start").longValue()
                : -1;
        return new GrowthSchedule.Saved(phase(iteration), start, saved);
    }

    /** The training before the iteration, as one of our checkpoints would have it. */
    TrainState training(List<LayerState> layers) {
        StateDict optimizer = new StateDict();
        for (String name : network(before).names()) {
            if (!after.contains(MOMENTUM + name)) continue; // a buffer
            Shape shape = before.get(name).shape();
            float[] zeros = new float[(int) shape.size()];
            boolean moves = before.contains(MOMENTUM + name);
            optimizer.put(
                    MOMENTUM + name, shape, moves ? before.get(MOMENTUM + name).values() : zeros);
        }
        for (int i = 0; i < layers.size(); i++) {
            LayerState layer = layers.get(i);
            if (layer.keepsAll()) continue;
            LayerState.Saved state = layer(i, layer.groups(), before, iteration);
            String weight = layer.name() + ".weight";
            Shape groups = Shape.of(layer.groups().count());
            optimizer.put("lambda." + weight, groups, state.lambda());
            optimizer.put("l1." + weight, groups, sums(before.get(weight).values(), layer.groups()));
        }
        Position position = new Position(iteration, 0, new float[3]);
        return new TrainState(position, network(before), optimizer, iteration, List.of());
    }

    /** sum |w| per group, which every step leaves for the next update. */
    private static float[] sums(float[] weight, GroupIndex groups) {
        float[] sums = L1Scores.ofWeights(weight, groups);
        long size = groups.groupSize(weight.length);
        for (int g = 0; g < sums.length; g++) sums[g] *= size;
        return sums;
    }

    @Override
    public String toString() {
        return golden + ", iteration " + iteration;
    }
}
