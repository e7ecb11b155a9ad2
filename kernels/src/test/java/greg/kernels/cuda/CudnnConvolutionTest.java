package greg.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.DType;
import greg.kernels.Precision;
import greg.kernels.spec.Conv2dSpec;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Convolutions by cuDNN in the layouts of the device, against a plain loop. */
class CudnnConvolutionTest {
    /** Kinds of geometry; channel counts are padded by the problem. */
    static final Conv2dSpec[] SPECS = {
        Conv2dSpec.of(2, 16, 6, 5, 16, 3, 1, 1),
        Conv2dSpec.of(2, 13, 5, 5, 17, 3, 1, 1),
        Conv2dSpec.of(2, 3, 9, 7, 16, 3, 1, 1),
        Conv2dSpec.of(1, 3, 17, 15, 8, 7, 2, 3),
        Conv2dSpec.of(2, 16, 7, 7, 32, 1, 2, 0),
        Conv2dSpec.of(2, 16, 6, 6, 32, 3, 2, 1),
        Conv2dSpec.of(1, 1, 7, 7, 1, 1, 1, 0),
        Conv2dSpec.of(2, 8, 4, 4, 16, 1, 1, 2),
        Conv2dSpec.of(3, 64, 1, 1, 10, 1, 1, 0),
        // the last rows and columns are reached by no window
        Conv2dSpec.of(2, 16, 8, 6, 16, 3, 3, 0),
        // rectangular kernels, strides and pads; dilation
        new Conv2dSpec(2, 3, 9, 6, 5, 3, 1, 2, 1, 1, 0, 1, 1, 1),
        new Conv2dSpec(1, 16, 8, 9, 16, 1, 3, 1, 2, 0, 1, 1, 1, 1),
        new Conv2dSpec(2, 3, 11, 13, 13, 3, 3, 2, 2, 1, 3, 2, 3, 1),
        // groups: even ones, odd ones, depthwise, with a multiplier
        new Conv2dSpec(2, 32, 5, 5, 32, 3, 3, 1, 1, 1, 1, 1, 1, 2),
        new Conv2dSpec(1, 6, 5, 5, 9, 3, 3, 1, 1, 1, 1, 1, 1, 3),
        new Conv2dSpec(2, 13, 6, 6, 13, 3, 3, 2, 2, 1, 1, 1, 1, 13),
        new Conv2dSpec(2, 8, 5, 5, 16, 3, 3, 1, 1, 1, 1, 1, 1, 8),
    };

    private static int multiple(Precision precision) {
        return precision == Precision.BF16 ? 8 : 4;
    }

    private static Stream<ConvProblem> problems(Precision precision) {
        return Arrays.stream(SPECS).flatMap(spec -> {
            int multiple = multiple(precision);
            Stream<ConvProblem> kinds = Arrays.stream(ConvKind.values())
                    .map(kind -> ConvProblem.of(kind, spec, multiple, precision, false));
            return Stream.concat(
                    kinds, Stream.of(ConvProblem.of(ConvKind.BACKWARD_DATA, spec, multiple, precision, true)));
        });
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void agreesWithThePlainLoop(Precision precision) {
        try (CudnnFixture k = new CudnnFixture()) {
            CudnnPlans plans = k.plans(false);
            assertAll(problems(precision).map(problem -> () -> check(k, plans, problem)));
        }
    }

    private static void check(CudnnFixture k, CudnnPlans plans, ConvProblem problem) {
        DType type = problem.type();
        NhwcConvolution expected = NhwcConvolution.of(problem, type == DType.BFLOAT16);
        float[] before = new float[expected.result.length];
        Arrays.fill(before, problem.accumulate() ? 0.75f : problem.leavesPadding() ? 0 : Float.NaN);
        CudaStorage x = k.put(type, problem.kind() == ConvKind.BACKWARD_DATA ? before : expected.x);
        CudaStorage w = k.put(type, problem.kind() == ConvKind.BACKWARD_WEIGHTS ? before : expected.w);
        CudaStorage y = k.put(type, problem.kind() == ConvKind.FORWARD ? before : expected.y);
        plans.run(problem, x, w, y);
        CudaStorage output =
                switch (problem.kind()) {
                    case FORWARD -> y;
                    case BACKWARD_DATA -> x;
                    case BACKWARD_WEIGHTS -> w;
                };
        float[] actual = k.get(output);
        for (int i = 0; i < actual.length; i++) {
            double value = expected.result[i] + (problem.accumulate() ? before[i] : 0);
            double tolerance = tolerance(problem, expected, i, value);
            assertTrue(
                    Math.abs(actual[i] - value) <= tolerance,
                    problem + " by " + plans.choice(problem) + ": element " + i + " expected " + value + " +- "
                            + tolerance + ", got " + actual[i]);
        }
        if (output != x) assertArrayEquals(expected.x, k.get(x), problem + " leaves x alone");
        if (output != w) assertArrayEquals(expected.w, k.get(w), problem + " leaves w alone");
        if (output != y) assertArrayEquals(expected.y, k.get(y), problem + " leaves y alone");
    }

    /** Half a unit of float32 for each term of the sum; TF32 rounds both factors to 11 bits, bfloat16 the result to 8. */
    private static double tolerance(ConvProblem problem, NhwcConvolution expected, int i, double value) {
        double sum = (expected.terms + 2) * 0x1p-24 * (expected.magnitude[i] + Math.abs(value));
        return switch (problem.precision()) {
            case FP32 -> sum;
            // tensor cores cut off rather than round, so a whole unit each
            case TF32 -> sum + 2 * 0x1p-10 * expected.magnitude[i];
            case BF16 -> sum + 0x1p-8 * Math.abs(value);
        };
    }

    @Test
    void paddingOfOutputsIsZeroOrTheCallers() {
        try (CudnnFixture k = new CudnnFixture()) {
            CudnnPlans plans = k.plans(false);
            // 13 and 17 channels, padded to 16 and 20: filters of zeros make the padding
            ConvProblem padded = ConvProblem.of(ConvKind.FORWARD, SPECS[1], 4, Precision.FP32, false);
            NhwcConvolution data = NhwcConvolution.of(padded, false);
            float[] w = data.w.clone();
            int filter = 16 * 9;
            Arrays.fill(w, 17 * filter, 20 * filter, 0);
            float[] poison = new float[data.y.length];
            Arrays.fill(poison, Float.NaN);
            CudaStorage y = k.put(DType.FLOAT32, poison);
            plans.run(padded, k.put(DType.FLOAT32, data.x), k.put(DType.FLOAT32, w), y);
            float[] actual = k.get(y);
            for (int i = 0; i < actual.length; i++) {
                if (i % 20 >= 17) assertTrue(actual[i] == 0, "padding at " + i + ": " + actual[i]);
            }
            // odd groups have no channels there, and it stays as it was
            ConvProblem groups = ConvProblem.of(ConvKind.FORWARD, SPECS[14], 4, Precision.FP32, false);
            assertTrue(groups.leavesPadding());
            data = NhwcConvolution.of(groups, false);
            float[] before = new float[data.y.length];
            Arrays.fill(before, 7);
            y = k.put(DType.FLOAT32, before);
            plans.run(groups, k.put(DType.FLOAT32, data.x), k.put(DType.FLOAT32, data.w), y);
            actual = k.get(y);
            for (int i = 0; i < actual.length; i++) {
                if (i % 12 >= 9) assertTrue(actual[i] == 7, "padding at " + i + ": " + actual[i]);
            }
        }
    }
}
