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
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * The independent check of surgery: a channel whose filters, biases, BN scales and shifts are all zero contributes
 * nothing, so the network with such channels and the network without them must have the same outputs. A parameter-free
 * shortcut must not copy anything into them either.
 */
public final class Silencer {
    private Silencer() {}

    /** Weights as for training, BN parameters and statistics at random. */
    public static <M extends NnModule> M randomize(M net) {
        net.parameters().values().forEach(p -> {
            if (p.tensor().shape().rank() >= 2) p.init(Init.KAIMING_NORMAL); // outputs that do not fade with depth
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

    /** Silences in {@code net} what a removal takes away, then cuts it, and compares the outputs. */
    public static void check(NnModule net, Removal removal, Shape image) {
        check(net, removal, image, false);
    }

    /**
     * As above.
     *
     * @param columns whether what reads the channels is silenced too: needed where zeros do not stay zeros, as after a sigmoid
     */
    public static void check(NnModule net, Removal removal, Shape image, boolean columns) {
        silence(net, removal, columns);
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

    /**
     * As above with all that is cut set to zero, for networks of which nothing is known, not even that their outputs are
     * large.
     */
    static void checkAny(NnModule net, Removal removal, Shape image) {
        silence(net, removal, true);
        net.eval();
        float[] pixels = new float[Math.toIntExact(image.size())];
        Random random = new Random(5);
        for (int i = 0; i < pixels.length; i++) pixels[i] = (float) random.nextGaussian();
        float[] before = answer(net, image, pixels);
        removal.apply();
        float[] after = answer(net, image, pixels);
        double largest = 1e-3;
        for (float v : before) largest = Math.max(largest, Math.abs(v));
        assertEquals(before.length, after.length);
        for (int i = 0; i < before.length; i++) assertEquals(before[i], after[i], 1e-4 * largest, "answer " + i);
    }

    @SuppressWarnings("try")
    private static float[] answer(NnModule net, Shape image, float[] pixels) {
        try (Scope scope = Scope.open();
                NoGrad off = NoGrad.begin()) {
            return net.forward(scope.own(Tensor.of(net.backend(), image, pixels)))
                    .toHost();
        }
    }

    private static void silence(NnModule net, Removal removal, boolean columns) {
        Map<String, Parameter> tensors = net.parameters();
        tensors.putAll(net.buffers());
        for (Group group : removal.groups()) {
            for (Group.Member m : group.members()) {
                Tensor tensor = tensors.get(m.name()).tensor();
                float[] values = tensor.toHost();
                int row = values.length / tensor.shape().dim(0);
                for (int r : m.rows()) Arrays.fill(values, r * row, (r + 1) * row, 0);
                if (columns && m.columns().length > 0)
                    silence(values, row, tensor.shape().dim(1), m.columns());
                tensor.set(values);
            }
            for (Group.Copies c : group.copies()) {
                List<Integer> sources = new ArrayList<>(c.route().sources());
                for (int o : c.outputs()) sources.set(o, ShortcutSpec.ZERO);
                for (int i : columns ? c.inputs() : new int[0])
                    sources.replaceAll(source -> source == i ? ShortcutSpec.ZERO : source);
                c.route().set(c.route().inChannels(), sources);
            }
        }
    }

    private static void silence(float[] values, int row, int width, int... columns) {
        int inner = row / width;
        for (int start = 0; start < values.length; start += row) {
            for (int c : columns) Arrays.fill(values, start + c * inner, start + (c + 1) * inner, 0);
        }
    }
}
