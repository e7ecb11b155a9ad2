package greg.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Precision;
import greg.kernels.spec.Conv2dSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * How plans are found, kept, saved and captured. The software device's engines are: 0 plain, 1 sums in float32 and has no beta,
 * 2 and 3 on tensor cores, 3 with a workspace, 4 with other bits in each run, 5 cannot be built, 6 is compiled, 7 needs 32 TiB,
 * 8 has rough sums, 9 fails when it runs.
 */
class CudnnPlansTest {
    private static final Conv2dSpec SPEC = Conv2dSpec.of(2, 8, 6, 6, 16, 3, 1, 1);
    private static final Conv2dSpec LARGER = Conv2dSpec.of(4, 16, 9, 9, 16, 3, 1, 1);

    private CudnnFixture k;

    /** Operands of one problem on the device, and what to expect. */
    private final class Case {
        final ConvProblem problem;
        final NhwcConvolution data;
        final CudaStorage x;
        final CudaStorage w;
        final CudaStorage y;

        Case(ConvKind kind, Conv2dSpec spec, Precision precision, boolean accumulate) {
            problem = ConvProblem.of(kind, spec, precision == Precision.BF16 ? 8 : 4, precision, accumulate);
            data = NhwcConvolution.of(problem, precision == Precision.BF16);
            x = k.put(problem.type(), data.x);
            w = k.put(problem.type(), data.w);
            y = k.put(problem.type(), data.y);
        }

        CudaStorage output() {
            return switch (problem.kind()) {
                case FORWARD -> y;
                case BACKWARD_DATA -> x;
                case BACKWARD_WEIGHTS -> w;
            };
        }

        long engine(CudnnPlans plans) {
            plans.run(problem, x, w, y);
            return plans.choice(problem).engine();
        }

        float[] result(CudnnPlans plans) {
            plans.run(problem, x, w, y);
            return k.get(output());
        }
    }

    @BeforeEach
    void open() {
        CudnnFixture.assumeSoftware();
        k = new CudnnFixture();
    }

    @AfterEach
    void close() {
        System.clearProperty(CudnnPlanner.WORKSPACE);
        System.clearProperty(CudnnPlanner.MEASURED);
        if (k != null) k.close();
    }

    private Case forward(Precision precision) {
        return new Case(ConvKind.FORWARD, SPEC, precision, false);
    }

    private Case weights(Precision precision) {
        return new Case(ConvKind.BACKWARD_WEIGHTS, SPEC, precision, false);
    }

    @Test
    void theFastestIsTaken() {
        for (long engine : new long[] {0, 1, 2, 3}) {
            k.prefer(engine);
            assertEquals(engine, forward(Precision.TF32).engine(k.plans(false)));
        }
    }

    @Test
    void float32ForbidsTensorCores() {
        k.prefer(2);
        long engine = forward(Precision.FP32).engine(k.plans(false));
        assertTrue(Set.of(0L, 1L).contains(engine), "engine " + engine);
    }

    @Test
    void roughSumsAreForbiddenInEveryPrecision() {
        k.prefer(8);
        assertNotEquals(8, weights(Precision.BF16).engine(k.plans(false)));
    }

    @Test
    void whatVariesIsForbiddenWhereBitsMustRepeat() {
        k.prefer(4);
        assertEquals(4, weights(Precision.TF32).engine(k.plans(false)));
        Case repeated = weights(Precision.TF32);
        CudnnPlans plans = k.plans(true);
        assertNotEquals(4, repeated.engine(plans));
        assertArrayEquals(repeated.result(plans), repeated.result(plans));
    }

    /** Otherwise the test above would show nothing. */
    @Test
    void theVaryingEngineVaries() {
        k.prefer(4);
        Case varying = weights(Precision.FP32);
        CudnnPlans plans = k.plans(false);
        assertEquals(4, varying.engine(plans));
        float[] first = varying.result(plans);
        boolean same = true;
        for (int i = 0; i < 5; i++) same &= Arrays.equals(first, varying.result(plans));
        assertFalse(same, "six runs with equal bits");
    }

    @Test
    void theWorkspaceIsLimited() {
        k.prefer(3);
        System.setProperty(CudnnPlanner.WORKSPACE, "0");
        long engine = forward(Precision.TF32).engine(k.plans(false));
        assertTrue(Set.of(0L, 2L).contains(engine), "engine " + engine);
    }

    @Test
    void compiledEnginesAreTheLastResort() {
        k.prefer(6);
        Case problem = forward(Precision.TF32);
        assertNotEquals(6, problem.engine(k.plans(false)));
        for (long engine = 0; engine < 6; engine++) k.disable(engine, true);
        assertEquals(6, problem.engine(k.plans(false)));
    }

    @Test
    void aProblemWithoutEngineSaysWhatWasTried() {
        for (long engine = 0; engine < 10; engine++) k.disable(engine, true);
        int before = k.descriptors();
        Case problem = forward(Precision.FP32);
        String message = assertThrows(KernelException.class, () -> problem.engine(k.plans(true)))
                .getMessage();
        for (String part : List.of(
                "no engine for forward 2x8x6x6 -> 16 3x3",
                "it offers 10",
                "5 use tensor cores, which fp32 forbids",
                "4 failed",
                "1 need more than",
                "CUDNN_STATUS_EXECUTION_FAILED",
                "fails when it is run")) {
            assertTrue(message.contains(part), "'" + part + "' in: " + message);
        }
        assertEquals(before, k.descriptors(), "descriptors");
    }

    @Test
    void oneMeasuredPlanIsTheFirstThatRuns() {
        System.setProperty(CudnnPlanner.MEASURED, "1");
        k.prefer(0);
        // behind 9, 5 and 7, which fail or are too large
        assertEquals(3, forward(Precision.TF32).engine(k.plans(false)));
    }

    @Test
    void measuringLeavesAnAccumulatedGradientAlone() {
        Case sum = new Case(ConvKind.BACKWARD_DATA, SPEC, Precision.FP32, true);
        float[] actual = sum.result(k.plans(false));
        for (int i = 0; i < actual.length; i++) {
            assertEquals(sum.data.result[i] + sum.data.x[i], actual[i], 1e-4, "element " + i);
        }
    }

    @Test
    void onePlanAProblemAndNoDescriptorIsLeft() {
        int before = k.descriptors();
        CudnnPlans plans = k.plans(false);
        Case problem = forward(Precision.TF32);
        problem.engine(plans);
        int withOne = k.descriptors();
        for (int i = 0; i < 3; i++) problem.engine(plans);
        assertEquals(withOne, k.descriptors());
        plans.close();
        assertEquals(before, k.descriptors());
    }

    @Test
    void theLeastRecentlyUsedPlanGoes() {
        CudnnPlans plans = k.plans(false, 2);
        Case first = forward(Precision.TF32);
        Case second = weights(Precision.TF32);
        Case third = forward(Precision.FP32);
        first.engine(plans);
        second.engine(plans);
        int two = plans.choices().size();
        first.engine(plans);
        third.engine(plans);
        assertEquals(two, plans.choices().size());
        assertTrue(plans.choices().toString().contains(first.problem.toString()));
        assertFalse(plans.choices().toString().contains(second.problem.toString()));
    }

    @Test
    void savedChoicesAreMadeAgain() {
        k.prefer(3);
        Case problem = forward(Precision.TF32);
        CudnnPlans first = k.plans(false);
        float[] expected = problem.result(first);
        List<String> saved = first.choices();
        assertEquals(2, saved.size(), saved.toString());
        assertTrue(saved.get(0).startsWith("plans of cuDNN 9."), saved.get(0));
        assertTrue(
                saved.get(1)
                        .equals("forward 2x8x6x6 -> 16 3x3 stride 1x1 pad 1x1 dilation 1x1 groups 1 pitch 8 16 tf32"
                                + " -> engine 3 knobs 2:1"),
                saved.get(1));
        k.prefer(0);
        assertEquals(0, problem.engine(k.plans(false)), "measured anew");
        CudnnPlans second = k.plans(false);
        assertEquals(List.of(), second.use(saved));
        assertEquals(3, problem.engine(second));
        assertArrayEquals(expected, problem.result(second));
        assertEquals(saved, second.choices());
    }

    @Test
    void everyProblemIsReadAsItIsWritten() {
        for (Conv2dSpec spec : CudnnConvolutionTest.SPECS) {
            for (ConvKind kind : ConvKind.values()) {
                for (Precision precision : Precision.values()) {
                    boolean accumulate = kind == ConvKind.BACKWARD_DATA;
                    ConvProblem problem = ConvProblem.of(kind, spec, 4, precision, accumulate);
                    assertEquals(problem, ConvProblem.parse(problem.toString()));
                }
            }
        }
    }

    @Test
    void choicesThatCannotBeUsedAreMeasuredAndTold() {
        Case problem = forward(Precision.FP32);
        CudnnPlans known = k.plans(false);
        String origin = known.choices().get(0);
        String line = problem.problem + " -> engine ";
        k.prefer(0);
        for (String[] unusable : new String[][] {
            {"77", "CUDNN_STATUS_NOT_SUPPORTED"},
            {"2 knobs 2:9,14:0", "CUDNN_STATUS_NOT_SUPPORTED"},
            {"2 knobs 2:1,14:0", "tensor cores"},
            {"5", "cannot be built"},
            {"7", "the limit is"}
        }) {
            CudnnPlans plans = k.plans(false);
            List<String> notes = plans.use(List.of(origin, line + unusable[0]));
            assertEquals(1, notes.size(), unusable[0]);
            assertTrue(notes.get(0).contains("measured again"), notes.get(0));
            assertTrue(notes.get(0).contains(unusable[1]), notes.get(0));
            assertEquals(0, problem.engine(plans));
        }
        List<String> foreign = known.use(List.of("plans of cuDNN 9.1.0 on another", line + "1"));
        assertEquals(1, foreign.size());
        assertTrue(foreign.get(0).contains("9.1.0 on another"), foreign.get(0));
        assertEquals(0, problem.engine(known));
        assertEquals(List.of(), known.use(List.of()));
    }

    @Test
    void linesThatAreNoChoicesAreRefused() {
        CudnnPlans plans = k.plans(false);
        String origin = plans.choices().get(0);
        ConvProblem problem = forward(Precision.FP32).problem;
        for (String line : List.of(
                "nonsense",
                "forward 2x8 -> engine 1",
                problem + " -> engine",
                problem + " -> engine x",
                problem + " -> engine 2 knobs 1",
                problem + " -> motor 2")) {
            String message = assertThrows(KernelException.class, () -> plans.use(List.of(origin, line)), line)
                    .getMessage();
            assertTrue(message.contains("expected"), message);
        }
    }

    @Test
    void aCapturedStepMustHaveItsPlans() {
        CudnnPlans plans = k.plans(false);
        Case problem = forward(Precision.TF32);
        String message = assertThrows(
                        KernelException.class,
                        () -> k.backend().capture(() -> problem.engine(plans)).close())
                .getMessage();
        assertTrue(message.contains("run the step once before capturing"), message);
        float[] expected = problem.result(plans);
        float[] poison = new float[expected.length];
        Arrays.fill(poison, Float.NaN);
        try (StepGraph graph = k.backend().capture(() -> problem.engine(plans))) {
            for (int i = 0; i < 2; i++) {
                k.backend().transfer().upload(poison, problem.y);
                graph.launch();
                assertArrayEquals(expected, k.get(problem.y));
            }
        }
    }

    /** The graph was recorded with a workspace that is too small for what came later. */
    @Test
    void aGraphKeepsItsWorkspace() {
        k.prefer(3);
        CudnnPlans plans = k.plans(false);
        Case small = forward(Precision.TF32);
        float[] expected = small.result(plans);
        long before = plans.workspaceBytes();
        assertTrue(before > 0);
        try (StepGraph graph = k.backend().capture(() -> small.engine(plans))) {
            Case large = new Case(ConvKind.FORWARD, LARGER, Precision.TF32, false);
            large.engine(plans);
            assertTrue(plans.workspaceBytes() > before);
            // blocks that are free go back to the driver, which sees every later access
            k.memory().trim();
            graph.launch();
            assertArrayEquals(expected, k.get(small.y));
            assertArrayEquals(large.result(plans), large.result(plans));
        }
    }

    @Test
    void aGraphKeepsItsPlans() {
        CudnnPlans plans = k.plans(false, 1);
        Case captured = forward(Precision.TF32);
        float[] expected = captured.result(plans);
        try (StepGraph graph = k.backend().capture(() -> captured.engine(plans))) {
            List<Case> others = new ArrayList<>(List.of(forward(Precision.FP32), weights(Precision.TF32)));
            others.forEach(other -> other.engine(plans));
            graph.launch();
            assertArrayEquals(expected, k.get(captured.y));
        }
    }

    @Test
    void operandsMustBeDeviceMemoryOfTheRightSize() {
        Case problem = forward(Precision.FP32);
        CudnnPlans plans = k.plans(false);
        problem.engine(plans);
        CudaStorage misaligned =
                new CudaStorage(k.memory(), problem.x.address().plus(4), DType.FLOAT32, problem.x.length() - 1);
        String message = assertThrows(
                        CudnnException.class, () -> plans.run(problem.problem, misaligned, problem.w, problem.y))
                .getMessage();
        assertTrue(message.contains("MISALIGNED_POINTER"), message);
        assertTrue(message.contains("forward 2x8x6x6 -> 16 3x3"), message);
    }
}
