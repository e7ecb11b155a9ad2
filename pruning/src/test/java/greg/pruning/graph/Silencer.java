package greg.pruning.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.spec.ShortcutSpec;
import greg.nn.Initializer;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.init.Init;
import greg.pruning.surgery.Removal;
import greg.tensor.NoGrad;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * The independent check of surgery: a channel whose filters, biases, BN scales and shifts are all zero contributes
 * nothing, so the network with such channels and the network without them must answer alike. A parameter-free shortcut
 * must not copy anything into them either.
 */
public final class Silencer {
    private Silencer() {}

    /** Weights as for training, BN parameters and statistics at random. */
    public static <M extends NnModule> M randomize(M net) {
        net.parameters().values().forEach(p -> {
            if (p.tensor().shape().rank() >= 2) p.init(Init.KAIMING_NORMAL); // answers that do not fade with the depth
        });
        Initializer.initialize(net, 3);
        Random random = new Random(4);
        net.visit((path, m) -> {
            if (m.ownBuffers().isEmpty()) return;
            m.ownParameters().values().forEach(p -> fill(p, random, 0.5f));
            m.ownBuffers().values().forEach(p -> fill(p, random, 0.5f));
        });
        return net;
    }

    private static void fill(Parameter p, Random random, float low) {
        float[] values = new float[Math.toIntExact(p.tensor().shape().size())];
        for (int i = 0; i < values.length; i++) values[i] = low + random.nextFloat();
        p.tensor().set(values);
    }

    /** Silences in {@code net} what a removal of the kept filters' complement takes away, and compares the answers. */
    public static void check(NnModule net, ChannelGraph graph, Removal removal, Shape image) {
        silence(graph, removal.keptFilters());
        net.eval();
        float[] pixels = new float[Math.toIntExact(image.size())];
        Random random = new Random(5);
        for (int i = 0; i < pixels.length; i++) pixels[i] = (float) random.nextGaussian();
        float[] before = answer(net, image, pixels);
        long parameters = net.parameterCount();
        removal.apply();
        float[] after = answer(net, image, pixels);
        assertTrue(net.parameterCount() < parameters, "nothing was removed");
        assertEquals(before.length, after.length);
        double largest = 0;
        for (float v : before) largest = Math.max(largest, Math.abs(v));
        assertTrue(largest > 1e-3, "the network answers nothing: " + Arrays.toString(before));
        for (int i = 0; i < before.length; i++) {
            assertEquals(before[i], after[i], 1e-4 * largest, "answer " + i);
        }
    }

    @SuppressWarnings("try")
    private static float[] answer(NnModule net, Shape image, float[] pixels) {
        try (Scope scope = Scope.open();
                NoGrad off = NoGrad.begin()) {
            return net.forward(scope.own(Tensor.of(net.backend(), image, pixels)))
                    .toHost();
        }
    }

    private static void silence(ChannelGraph graph, Map<String, int[]> kept) {
        Set<Integer> units = new HashSet<>();
        kept.forEach((name, stay) -> {
            int[] rows = graph.layer(name).rows();
            for (int i = 0; i < rows.length; i++) {
                if (Arrays.binarySearch(stay, i) < 0) units.add(graph.unit(rows[i]));
            }
        });
        for (ChannelGraph.Slice slice : graph.slices()) {
            float[] values = slice.parameter().tensor().toHost();
            int size = values.length / slice.rows().length;
            for (int i = 0; i < slice.rows().length; i++) {
                if (units.contains(graph.unit(slice.rows()[i]))) Arrays.fill(values, i * size, (i + 1) * size, 0);
            }
            slice.parameter().tensor().set(values);
        }
        for (ChannelGraph.RouteSlice slice : graph.routes()) {
            List<Integer> sources = new ArrayList<>(slice.route().sources());
            for (int i = 0; i < sources.size(); i++) {
                if (units.contains(graph.unit(slice.rows()[i]))) sources.set(i, ShortcutSpec.ZERO);
            }
            slice.route().set(slice.route().inChannels(), sources);
        }
    }
}
