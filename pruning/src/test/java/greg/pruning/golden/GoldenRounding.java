package greg.pruning.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.nn.StateDict;

/**
 * Differences between one of our iterations and the reference's, relative to what rounding can cause: a part of the largest
 * update of the tensor, since its terms cancel, and the rounding of the sum of old value and update.
 */
final class GoldenRounding {
    /**
     * Part of a tensor's largest update that rounding may make up. Measured against the same step in float64, by PyTorch, the
     * reference is off by up to 3.1e-6 of the largest increment of a momentum in lenet5, 6.3e-6 in vgg11 and 1.6e-5 in
     * resnet20 (whose gradients are small by then, and what is left after much cancels); ours may be as much on the other
     * side.
     *
     * <pre>
     * state = {k: v.double() for k, v in before.items()}; loss = cross_entropy(net(x.double(), state), y); loss.backward()
     * v = w.grad + reg * w + wd * w; b = momentum * b + v
     * (b - after).abs().max() / v.abs().max()
     * </pre>
     */
    private static final double UPDATE = 5e-5;

    /** Adding the update rounds the result by half a unit in the last place of float32, here and there. */
    private static final double UNIT = 0x1p-23;

    /** A loss is the logarithm of a sum of at least 1: a rounding of 1 stays, however small the logarithm is. */
    private static final double LOSS = 5e-7;

    /** BN's running = 0.9 * running + 0.1 * batch. */
    private static final float KEPT_STATISTICS = 0.9f;

    private final GoldenStep step;
    private double share;
    private String where = "equal";

    GoldenRounding(GoldenStep step) {
        this.step = step;
    }

    /** The loss before the step, where it was recorded. */
    void loss(double loss) {
        if (step.golden().iterations.isEmpty()) return;
        double expected =
                step.golden().iterations.get((int) step.iteration()).get("loss").doubleValue();
        differ("loss", expected, loss, LOSS * Math.max(1, expected));
    }

    /** Weights, momentum and running statistics after the step. */
    void tensors(StateDict net, StateDict optimizer) {
        StateDict before = step.before();
        StateDict after = step.after();
        float rate = (float) step.golden().config().lrPrune();
        float keep = (float) step.golden().config().momentum();
        int compared = 0;
        for (String name : step.network(after).names()) {
            if (name.endsWith("num_batches_tracked")) continue;
            compared++;
            float[] old = before.get(name).values();
            assertEquals(after.get(name).shape(), net.get(name).shape(), name);
            if (name.contains(".running_")) {
                compare(name, after, net, old, largest(after.get(name).values(), old, KEPT_STATISTICS));
                continue;
            }
            String momentum = "momentum." + name;
            float[] averages = after.get(momentum).values();
            float[] zeros = new float[averages.length];
            float[] last = before.contains(momentum) ? before.get(momentum).values() : zeros;
            double increment = largest(averages, last, keep);
            compare(momentum, after, optimizer, last, increment);
            compare(name, after, net, old, rate * increment);
        }
        assertEquals(net.names().size(), compared, "tensors");
    }

    /** max |after - keep * before|. */
    private static double largest(float[] after, float[] before, float keep) {
        double most = 0;
        for (int i = 0; i < after.length; i++) {
            most = Math.max(most, Math.abs((double) after[i] - (double) keep * before[i]));
        }
        return most;
    }

    private void compare(String name, StateDict after, StateDict ours, float[] before, double update) {
        float[] expected = after.get(name).values();
        float[] got = ours.get(name).values();
        assertEquals(expected.length, got.length, name);
        for (int i = 0; i < expected.length; i++) {
            double size = Math.abs((double) expected[i]) + Math.abs((double) before[i]);
            differ(name, expected[i], got[i], UPDATE * update + UNIT * size);
        }
    }

    private void differ(String name, double expected, double got, double allowed) {
        double difference = Math.abs(got - expected);
        if (difference == 0 || difference <= share * allowed) return; // NaN counts as a difference
        share = difference / allowed;
        if (Double.isNaN(share)) share = Double.POSITIVE_INFINITY;
        where = name + " " + got + ", recorded " + expected;
    }

    /** The largest difference as a share of the allowed one. */
    double share() {
        return share;
    }

    /** Whether the two differ only by rounding. */
    boolean agrees() {
        return share <= 1;
    }

    @Override
    public String toString() {
        return String.format("%.2g of the allowed difference, %s", share, where);
    }
}
