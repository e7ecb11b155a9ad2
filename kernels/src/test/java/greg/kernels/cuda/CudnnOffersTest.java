package greg.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.KernelException;
import greg.kernels.Precision;
import greg.kernels.spec.Conv2dSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * NVIDIA's own cuDNN takes the descriptors that the backend makes, and has engines for all of its convolutions. It needs no GPU:
 * docs/cudnn.md says how to get the library and to run this test, alone, with {@code -Dgreg.cudnn.nvidia=.../libcudnn.so.9}.
 */
class CudnnOffersTest {
    /** An H200. */
    private static final String DEVICE = "{\"maxGridSize\":[2147483647,65535,65535],\"maxBlockSize\":[1024,1024,64],"
            + "\"regsPerBlock\":65536,\"multiProcessorCount\":132,\"warpSize\":32,\"maxSharedMemoryPerBlock\":49152,"
            + "\"maxSharedMemoryPerBlockOptin\":232448,\"reservedSharedMemoryPerBlock\":1024,"
            + "\"maxRegistersPerSM\":65536,\"maxCtasPerSM\":32,\"maxThreadsPerBlock\":1024,\"maxThreadsPerSM\":2048,"
            + "\"pciDeviceId\":9013,\"isTccDriver\":0,\"supportCoopLaunch\":1,\"totalGlobalMem\":150754820096,"
            + "\"smClockRateKHz\":1980000,\"memClockRateKHz\":3201000,\"l2CacheSize\":62914560,\"cudaDeviceId\":0,"
            + "\"deviceVer\":900,\"driverVer\":13000,\"deviceName\":\"NVIDIA H200\"}";

    /** Of networks as they are trained: CIFAR and ImageNet ResNets, MobileNet, ResNeXt. */
    private static final Conv2dSpec[] NETWORKS = {
        Conv2dSpec.of(128, 3, 32, 32, 16, 3, 1, 1),
        Conv2dSpec.of(128, 16, 32, 32, 16, 3, 1, 1),
        Conv2dSpec.of(128, 57, 8, 8, 64, 3, 1, 1),
        Conv2dSpec.of(32, 3, 224, 224, 64, 7, 2, 3),
        Conv2dSpec.of(32, 256, 56, 56, 512, 1, 2, 0),
        new Conv2dSpec(32, 96, 112, 112, 96, 3, 3, 2, 2, 1, 1, 1, 1, 96),
        new Conv2dSpec(32, 128, 56, 56, 128, 3, 3, 1, 1, 1, 1, 1, 1, 32),
    };

    @Test
    void hasEnginesForEveryConvolution() {
        String library = System.getProperty("greg.cudnn.nvidia");
        Assumptions.assumeTrue(library != null, "no -Dgreg.cudnn.nvidia");
        try (Cudnn cudnn = Cudnn.withoutDevice(Path.of(library), DEVICE)) {
            assertTrue(cudnn.version().startsWith("9."), cudnn.version());
            assertAll(Stream.of(CudnnConvolutionTest.SPECS, NETWORKS)
                    .flatMap(Arrays::stream)
                    .flatMap(CudnnOffersTest::problems)
                    .map(problem -> () -> check(cudnn, problem)));
        }
    }

    private static Stream<ConvProblem> problems(Conv2dSpec spec) {
        List<ConvProblem> problems = new ArrayList<>();
        for (Precision precision : Precision.values()) {
            int multiple = precision == Precision.BF16 ? 8 : 4;
            for (ConvKind kind : ConvKind.values()) {
                problems.add(ConvProblem.of(kind, spec, multiple, precision, false));
            }
            problems.add(ConvProblem.of(ConvKind.BACKWARD_DATA, spec, multiple, precision, true));
        }
        return problems.stream();
    }

    /** A deterministic engine that need not be compiled, whose plan can be made, by the heuristics and by its number. */
    private static void check(Cudnn cudnn, ConvProblem problem) {
        List<EngineChoice> usable = new ArrayList<>();
        try (CudnnGraph graph = new CudnnGraph(cudnn, problem)) {
            for (CudnnHeuristic mode : CudnnHeuristic.values()) {
                for (CudnnCandidate candidate : graph.candidates(mode)) {
                    try (candidate) {
                        if (CudnnPlanner.excluded(problem, candidate, true) != null || candidate.compiles()) continue;
                        usable.add(candidate.choice());
                    }
                }
            }
            assertFalse(usable.isEmpty(), problem + ": no engine");
            for (EngineChoice choice : usable) {
                try (CudnnPlan plan = graph.plan(graph.candidate(choice))) {
                    assertEquals(choice, plan.choice(), problem + ": the choice by its number");
                    assertTrue(plan.workspaceBytes() >= 0 && plan.workspaceBytes() < 1L << 30, problem + " " + choice);
                } catch (KernelException refused) {
                    throw new AssertionError(problem + " by " + choice, refused);
                }
            }
        }
    }
}
