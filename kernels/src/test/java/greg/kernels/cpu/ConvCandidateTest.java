package greg.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.kernels.inference.Activation;
import greg.kernels.inference.InferenceNode.Convolution;
import greg.kernels.spec.Conv2dSpec;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Every way to compute a convolution in inference, whether or not it is the fastest here, against sums in double. */
class ConvCandidateTest {
    private static final int IMAGES = 2;

    private final OneDnn dnn = OneDnn.open(1);
    private final Random random = new Random(7);

    @AfterEach
    void close() {
        dnn.close();
    }

    private float[] numbers(int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) numbers[i] = (float) random.nextGaussian();
        return numbers;
    }

    /** Channels last, as the values lie. */
    private static double[] expected(Convolution conv, float[] x, float[] residual) {
        Conv2dSpec s = conv.spec();
        int perGroup = s.inChannels() / s.groups();
        double[] y = new double[IMAGES * s.outH() * s.outW() * s.outChannels()];
        for (int i = 0; i < y.length; i++) {
            int k = i % s.outChannels();
            int column = i / s.outChannels() % s.outW();
            int row = i / s.outChannels() / s.outW() % s.outH();
            int image = i / s.outChannels() / s.outW() / s.outH();
            int group = k / (s.outChannels() / s.groups());
            double sum = conv.bias()[k] + (residual == null ? 0 : residual[i]);
            for (int c = 0; c < perGroup; c++) {
                for (int a = 0; a < s.kernelH(); a++) {
                    for (int b = 0; b < s.kernelW(); b++) {
                        int h = row * s.strideH() - s.padH() + a * s.dilationH();
                        int w = column * s.strideW() - s.padW() + b * s.dilationW();
                        if (h < 0 || w < 0 || h >= s.h() || w >= s.w()) continue;
                        int at = ((image * s.h() + h) * s.w() + w) * s.inChannels() + group * perGroup + c;
                        sum += (double) x[at] * conv.weight()[((k * perGroup + c) * s.kernelH() + a) * s.kernelW() + b];
                    }
                }
            }
            y[i] = activated(sum, conv.activation());
        }
        return y;
    }

    private static double activated(double x, Activation function) {
        return switch (function) {
            case NONE -> x;
            case RELU -> Math.max(x, 0);
            case RELU6 -> Math.min(Math.max(x, 0), 6);
            case SIGMOID -> 1 / (1 + Math.exp(-x));
            case SILU -> x / (1 + Math.exp(-x));
        };
    }

    private List<ConvCandidate> chosen(Convolution conv, boolean inPlace) {
        return List.of(new ConvTimings(dnn).fastest(conv, IMAGES, 1, inPlace));
    }

    /** Checks all candidates and returns how many pixels they take together. */
    private Set<Integer> check(Conv2dSpec spec, Activation activation, boolean residual, boolean inPlace) {
        return check(spec, activation, residual, inPlace, (c, in) -> ConvCandidate.all(dnn, c, IMAGES, in));
    }

    private Set<Integer> check(
            Conv2dSpec spec,
            Activation activation,
            boolean residual,
            boolean inPlace,
            BiFunction<Convolution, Boolean, List<ConvCandidate>> candidates) {
        float[] x = numbers(IMAGES * spec.inChannels() * spec.h() * spec.w());
        int filter = spec.inChannels() / spec.groups() * spec.kernelH() * spec.kernelW();
        int outputs = IMAGES * spec.outChannels() * spec.outH() * spec.outW();
        float[] added = residual ? numbers(outputs) : null;
        Convolution conv = new Convolution(
                "conv",
                spec,
                0,
                residual ? 1 : Convolution.NO_RESIDUAL,
                numbers(spec.outChannels() * filter),
                numbers(spec.outChannels()),
                activation);
        double[] expected = expected(conv, x, added);
        float[] rounded = new float[expected.length];
        for (int i = 0; i < rounded.length; i++) rounded[i] = (float) expected[i];
        HostBlock[] blocks = {
            HostBlock.allocate(4L * x.length), HostBlock.allocate(4L * outputs), HostBlock.allocate(4L * outputs)
        };
        Set<Integer> columns = new TreeSet<>();
        OneDnn.scoped(() -> {
            for (ConvCandidate candidate : candidates.apply(conv, inPlace)) {
                columns.add(candidate.columns());
                blocks[0].write(0, x, 0, x.length);
                if (residual) blocks[inPlace ? 2 : 1].write(0, added, 0, outputs);
                InferenceConv built = new InferenceConv(dnn, conv, candidate, IMAGES, inPlace, 0, 1, 2);
                try (InferenceStep step = new InferenceStep(dnn, built.call(), value -> blocks[value])) {
                    step.run();
                }
                float[] y = new float[outputs];
                blocks[2].read(0, y, 0, outputs);
                assertArrayEquals(rounded, y, 1e-4f, candidate + " of " + spec);
                built.call().close();
                built.close();
            }
            return null;
        });
        for (HostBlock block : blocks) block.free();
        return columns;
    }

    @ParameterizedTest
    @CsvSource({
        "16,2,3,1,1,1,1,16",
        "5,3,5,1,2,1,1,12",
        "4,5,1,1,0,1,1,16",
        "4,3,3,1,0,1,1,10",
        "4,2,3,1,2,2,1,16",
        "4,6,3,2,1,1,1,16",
        "3,40,3,1,1,1,1,7",
        "6,4,3,1,1,1,2,8",
        "6,6,3,1,1,1,6,8",
        "4,7,8,1,0,1,1,8",
        "9,5,1,1,0,1,1,1"
    })
    void everyWayComputesTheSame(int in, int out, int kernel, int stride, int pad, int dilation, int groups, int size) {
        Conv2dSpec spec = new Conv2dSpec(
                1, in, size, size, out, kernel, kernel, stride, stride, pad, pad, dilation, dilation, groups);
        check(spec, Activation.NONE, false, false);
        check(spec, Activation.RELU, true, false);
        if (groups == 1) check(spec, Activation.RELU, true, true); // InferenceSlots
    }

    /** What is chosen, of any geometry; {@code -Dgreg.convolutions=N} for more of them. */
    @Test
    void randomGeometries() {
        for (int i = 0; i < Integer.getInteger("greg.convolutions", 40); i++) {
            int groups = random.nextInt(3) == 0 ? 1 + random.nextInt(8) : 1;
            int in = groups * (1 + random.nextInt(20));
            int out = groups * (1 + random.nextInt(20));
            if (random.nextInt(6) == 0) in = out = groups = 1 + random.nextInt(40);
            int kernelH = 1 + random.nextInt(4);
            int kernelW = 1 + random.nextInt(4);
            int dilation = 1 + random.nextInt(2);
            int h = dilation * (kernelH - 1) + 1 + random.nextInt(12);
            int w = dilation * (kernelW - 1) + 1 + random.nextInt(12);
            Conv2dSpec spec = new Conv2dSpec(
                    1,
                    in,
                    h,
                    w,
                    out,
                    kernelH,
                    kernelW,
                    1 + random.nextInt(2),
                    1 + random.nextInt(2),
                    random.nextInt(kernelH),
                    random.nextInt(kernelW),
                    dilation,
                    dilation,
                    groups);
            Activation[] functions = Activation.values();
            boolean residual = random.nextBoolean();
            boolean inPlace = residual && groups == 1 && random.nextBoolean();
            check(spec, functions[random.nextInt(functions.length)], residual, inPlace, this::chosen);
        }
    }

    /** oneDNN 3.11's brgconv for AVX-512 computes these wrong; another machine may not have it. */
    @ParameterizedTest
    @CsvSource({"1,1,13,3,3,2,2,0", "1,9,7,3,2,3,2,0", "1,6,9,6,2,3,1,2"})
    void whatIsWrongIsNotChosen(int in, int out, int h, int w, int kernelH, int kernelW, int stride, int pad) {
        Conv2dSpec spec = new Conv2dSpec(1, in, h, w, out, kernelH, kernelW, 1, stride, pad / 2, pad, 1, 1, 1);
        check(spec, Activation.NONE, false, false, this::chosen);
    }

    @ParameterizedTest
    @EnumSource
    void everyActivation(Activation activation) {
        check(Conv2dSpec.of(1, 4, 8, 8, 3, 3, 1, 1), activation, false, false);
        check(Conv2dSpec.of(1, 4, 8, 8, 3, 3, 1, 1), activation, true, true);
        check(Conv2dSpec.of(1, 4, 3, 3, 3, 3, 1, 0), activation, true, false);
    }

    @Test
    void pixelsAreTakenTogetherWhereThatIsPossible() {
        assertEquals(Set.of(1, 2, 4, 8), check(Conv2dSpec.of(1, 4, 8, 8, 2, 3, 1, 1), Activation.NONE, false, false));
        // an odd width, many filters, a stride, a kernel that covers everything
        assertEquals(Set.of(1), check(Conv2dSpec.of(1, 4, 7, 7, 2, 3, 1, 1), Activation.NONE, false, false));
        assertEquals(Set.of(1), check(Conv2dSpec.of(1, 4, 8, 8, 40, 3, 1, 1), Activation.NONE, false, false));
        assertEquals(Set.of(1), check(Conv2dSpec.of(1, 4, 8, 8, 2, 3, 2, 1), Activation.NONE, false, false));
        assertEquals(Set.of(0, 1), check(Conv2dSpec.of(1, 4, 8, 8, 2, 8, 1, 0), Activation.NONE, false, false));
    }
}
