package greg.pruning.testing;

import greg.kernels.Backend;
import greg.kernels.spec.Pool2dSpec.Kind;
import greg.nn.Parameter;
import greg.pruning.testing.SketchNet.Value;
import greg.pruning.testing.SketchNet.Weight;
import greg.tensor.op.Relu6Op;
import greg.tensor.op.ReluOp;
import greg.tensor.op.SigmoidOp;
import greg.tensor.op.SiluOp;
import java.util.Random;

/**
 * Networks at random: chains, branches, dense and residual blocks, gates, skips across a pooling and an upsampling, grouped
 * and depthwise convolutions, modules that are applied twice, own several weights or give them other names, with heads of
 * several kinds, all nested in one another. The seed decides everything.
 */
public final class RandomNets {
    private static final int WIDEST = 12;

    private final Random random;
    private final SketchNet net;

    private RandomNets(Backend backend, long seed) {
        random = new Random(seed);
        net = new SketchNet(backend, 1 + random.nextInt(3), random.nextBoolean() ? 8 : 4);
    }

    /** The network of a seed, weights and statistics at random too. */
    public static SketchNet of(Backend backend, long seed) {
        RandomNets made = new RandomNets(backend, seed);
        made.draw();
        Random values = new Random(~seed);
        made.net.parameters().values().forEach(p -> fill(p, values));
        for (Parameter b : made.net.buffers().values()) {
            float[] statistics = new float[(int) b.tensor().shape().size()];
            for (int i = 0; i < statistics.length; i++) statistics[i] = 0.5f + values.nextFloat();
            b.tensor().set(statistics);
        }
        return made.net;
    }

    private static void fill(Parameter p, Random random) {
        float[] values = new float[(int) p.tensor().shape().size()];
        boolean weight = p.tensor().shape().rank() > 1;
        double std = Math.sqrt(2.0 * p.tensor().shape().dim(0) / values.length);
        for (int i = 0; i < values.length; i++) {
            values[i] = weight ? (float) (std * random.nextGaussian()) : random.nextFloat() - 0.2f;
        }
        p.tensor().set(values);
    }

    private boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    private int width() {
        return 2 + random.nextInt(5);
    }

    private void draw() {
        Value x = net.image;
        if (chance(0.8)) x = convolution(x, width());
        int blocks = 1 + random.nextInt(3);
        for (int i = 0; i < blocks; i++) x = block(x, 2);
        net.returning(head(x));
    }

    /** Any block; those of several parts are made of blocks again, {@code depth} times. */
    private Value block(Value x, int depth) {
        Value narrow = x.channels() > WIDEST ? convolution(x, width()) : x;
        return switch (random.nextInt(depth > 0 ? 10 : 4)) {
            case 0 -> convolution(narrow, width());
            case 1 -> depthwise(narrow);
            case 2 -> net.duo(narrow, width(), width());
            case 3 -> appliedTwice(narrow);
            case 4 -> dense(narrow, depth - 1);
            case 5 -> gated(narrow);
            case 6 -> skip(narrow, depth - 1);
            case 7 -> branches(narrow, depth - 1);
            default -> residual(narrow, depth - 1);
        };
    }

    private Value activation(Value x) {
        return switch (random.nextInt(8)) {
            case 0 -> net.pointwise("relu6", x, Relu6Op::apply);
            case 1 -> net.pointwise("silu", x, SiluOp::apply);
            case 2 -> net.pointwise("sigmoid", x, SigmoidOp::apply);
            case 3 -> x;
            default -> net.pointwise("relu", x, ReluOp::apply);
        };
    }

    private Value convolution(Value x, int out) {
        Value y = net.apply(weight(x.channels(), out), x);
        if (chance(0.4)) return net.normalize(net.norm(out), y, true);
        return activation(chance(0.3) ? net.normalize(net.norm(out), y, false) : y);
    }

    private Weight weight(int in, int out) {
        int groups = 1;
        for (int candidate : new int[] {2, 3}) {
            if (in % candidate == 0 && out % candidate == 0 && in > candidate && chance(0.3)) groups = candidate;
        }
        return net.conv(in, out, chance(0.5) ? 3 : 1, groups, chance(0.5), chance(0.3));
    }

    private Value depthwise(Value x) {
        if (x.channels() == 1) return convolution(x, width());
        int out = x.channels() * (chance(0.7) ? 1 : 2);
        Value y = net.apply(net.conv(x.channels(), out, 3, x.channels(), chance(0.5), chance(0.3)), x);
        return activation(chance(0.5) ? net.normalize(net.norm(out), y, false) : y);
    }

    /** One convolution, one norm, two places. */
    private Value appliedTwice(Value x) {
        Value y = convolution(x, width());
        Weight again = weight(y.channels(), y.channels());
        Weight norm = net.norm(y.channels());
        Value first = net.normalize(norm, net.apply(again, y), true);
        if (chance(0.5)) return net.normalize(norm, net.apply(again, first), true);
        Value other = convolution(x, y.channels());
        return net.concat(first, activation(net.apply(again, other)));
    }

    private Value dense(Value x, int depth) {
        Value y = x;
        int layers = 2 + random.nextInt(2);
        for (int i = 0; i < layers; i++) {
            Value fresh = i == 0 && depth > 0 && chance(0.3) ? block(y, depth) : convolution(y, 2 + random.nextInt(2));
            y = chance(0.5) ? net.concat(y, fresh) : net.concat(fresh, y);
        }
        return y;
    }

    /** Squeeze and excitation, by linear layers or by convolutions of one pixel. */
    private Value gated(Value x) {
        Value y = chance(0.5) ? convolution(x, width()) : x;
        int squeezed = 1 + random.nextInt(3);
        boolean linear = chance(0.5);
        Value s = net.mean(y, linear);
        s = net.pointwise(
                "relu", linear ? net.linear(s, squeezed, chance(0.3)) : convolution(s, squeezed), ReluOp::apply);
        s = linear
                ? net.linear(s, y.channels(), chance(0.3))
                : net.apply(net.conv(squeezed, y.channels(), 1, 1, true, chance(0.3)), s);
        return net.gate(y, net.pointwise("sigmoid", s, SigmoidOp::apply));
    }

    /** Down, up again, and beside it what was there before. */
    private Value skip(Value x, int depth) {
        if (x.size() % 2 != 0) return convolution(x, width());
        Value down = net.pool(x, chance(0.5) ? Kind.MAX : Kind.AVG);
        Value up = net.upsample(block(down, depth));
        if (chance(0.7)) return net.concat(up, x);
        return net.add(convolution(up, x.channels()), x);
    }

    /** Two branches that join. */
    private Value branches(Value x, int depth) {
        Value left = block(x, depth);
        Value right = block(x, depth);
        switch (random.nextInt(4)) {
            case 0:
                return net.add(left, net.apply(weight(right.channels(), left.channels()), right));
            case 1:
                Value mask = net.apply(weight(right.channels(), left.channels()), right);
                return net.multiply(left, net.pointwise("sigmoid", mask, SigmoidOp::apply));
            default:
                return net.concat(left, right);
        }
    }

    private Value residual(Value x, int depth) {
        Value body = depth > 0 && chance(0.5) ? block(x, depth) : convolution(x, width());
        int out = chance(0.5) ? x.channels() : x.channels() + random.nextInt(3);
        Value last = net.apply(weight(body.channels(), out), body);
        boolean fused = chance(0.4);
        Value shortcut = x;
        if (out != x.channels() && chance(0.5)) shortcut = net.route(x, out, random.nextInt(out - x.channels() + 1));
        else if (out != x.channels() || chance(0.3)) shortcut = net.apply(weight(x.channels(), out), x);
        if (fused) return net.normalizeAdd(net.norm(out), last, shortcut);
        if (chance(0.5)) last = net.normalize(net.norm(out), last, false);
        return activation(chance(0.5) ? net.add(last, shortcut) : net.add(shortcut, last));
    }

    private Value head(Value x) {
        Value narrow = x.channels() > WIDEST ? convolution(x, width()) : x;
        switch (random.nextInt(5)) {
            case 0:
                return net.apply(net.conv(narrow.channels(), 3, 1, 1, true, chance(0.3)), narrow);
            case 1:
                Value flat = net.flatten(narrow.size() > 4 ? net.pool(narrow, Kind.MAX) : narrow);
                return net.linear(net.pointwise("relu", net.linear(flat, 5, chance(0.3)), ReluOp::apply), 3, false);
            case 2:
                Value deeper = net.mean(convolution(narrow, width()), true);
                return net.linear(net.concat(net.mean(narrow, true), deeper), 3, chance(0.3));
            case 3:
                if (narrow.size() == net.image.size()) {
                    return net.add(net.apply(weight(narrow.channels(), net.image.channels()), narrow), net.image);
                }
                return net.linear(net.mean(narrow, true), 3, true);
            default:
                return net.linear(net.mean(narrow, true), 3, chance(0.3));
        }
    }
}
