package greg.kernels.grid;

import static greg.kernels.Workspace.gauss;

import greg.kernels.Backend;
import greg.kernels.Conv2dKernels;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import greg.kernels.spec.Conv2dSpec;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A convolution of any padding, dilation, stride and groups.
 *
 * @param blocked whether the network's activations are expected in blocks of 16 channels, where the backend has such
 * @param layout which layout the activations come in
 */
record ConvolutionCase(Conv2dSpec spec, boolean blocked, int layout) implements GridCase {
    /** So that the plain loops of {@code reference} take milliseconds. */
    private static final long MOST_MACS = 1_500_000;

    static ConvolutionCase draw(SplittableRandom random) {
        while (true) {
            try {
                Conv2dSpec spec = spec(random);
                if (spec.macs() <= MOST_MACS)
                    return new ConvolutionCase(spec, random.nextBoolean(), random.nextInt(12));
            } catch (IllegalArgumentException doesNotFit) {
                // a kernel larger than the padded input: draw again
            }
        }
    }

    private static Conv2dSpec spec(SplittableRandom random) {
        int in = GridCase.channels(random);
        int out = GridCase.channels(random);
        int groups = 1;
        switch (random.nextInt(4)) {
            case 0 -> { // depthwise, with a multiplier
                groups = in;
                out = in * random.nextInt(1, 4);
            }
            case 1 -> {
                groups = random.nextInt(2, 9);
                in = groups * random.nextInt(1, 20);
                out = groups * random.nextInt(1, 20);
            }
            default -> {}
        }
        return new Conv2dSpec(
                random.nextInt(1, 5),
                in,
                random.nextInt(1, 25),
                random.nextInt(1, 25),
                out,
                kernel(random),
                kernel(random),
                random.nextInt(1, 5),
                random.nextInt(1, 5),
                random.nextInt(0, 7),
                random.nextInt(0, 7),
                random.nextInt(1, 5),
                random.nextInt(1, 5),
                groups);
    }

    private static int kernel(SplittableRandom random) {
        return switch (random.nextInt(3)) {
            case 0 -> 1;
            case 1 -> 3;
            default -> random.nextInt(1, 8);
        };
    }

    @Override
    public List<Result> run(Backend backend) {
        Conv2dKernels conv = backend.conv2d();
        backend.expectChannels(blocked ? 16 : 3);
        try (Workspace k = new Workspace(backend)) {
            Storage x = GridCase.activation(backend, k, layout, gauss(1, spec.xDims()), spec.xDims());
            Storage dy = GridCase.activation(backend, k, layout, gauss(4, spec.yDims()), spec.yDims());
            Storage w = k.put(gauss(2, spec.wDims()));
            Storage y = k.out(spec.yDims());
            Storage plain = k.out(spec.yDims());
            Storage dx = k.out(spec.xDims());
            Storage dw = k.parameter(spec.wDims());
            Storage db = k.out(spec.outChannels());
            Storage alone = k.parameter(spec.wDims());
            conv.forward(spec, x, w, k.put(gauss(3, spec.outChannels())), y);
            conv.forward(spec, x, w, null, plain);
            conv.backwardData(spec, w, dy, dx);
            conv.backwardWeights(spec, x, dy, dw, db);
            conv.backwardWeights(spec, x, dy, alone, null);
            double taps = (double) spec.kernelH() * spec.kernelW() / spec.groups();
            double forward = Math.sqrt(spec.inChannels() * taps);
            double data = Math.sqrt(spec.outChannels() * taps);
            double weights = Math.sqrt((double) spec.n() * spec.outH() * spec.outW());
            return List.of(
                    new Result("y", k.get(y, spec.yDims()), forward),
                    new Result("y without bias", k.get(plain, spec.yDims()), forward),
                    new Result("dx", k.get(dx, spec.xDims()), data),
                    new Result("dw", k.get(dw, spec.wDims()), weights),
                    new Result("db", k.get(db, spec.outChannels()), weights),
                    new Result("dw without bias", k.get(alone, spec.wDims()), weights));
        }
    }
}
