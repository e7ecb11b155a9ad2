package greg.kernels.harness;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Precision;
import greg.kernels.cpu.CpuProbe;
import greg.kernels.cuda.CudaProbe;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every case of the catalogue on every backend. */
class KernelHarnessTest {
    /** Those whose names begin with {@code -Dgreg.harness.case}, or all. */
    static List<KernelCase> cases() {
        String only = System.getProperty("greg.harness.case", "");
        Stream<KernelCase> all = Catalogue.CASES.stream();
        return all.filter(c -> c.toString().startsWith(only)).toList();
    }

    /** With the promise of the same bits in each run. */
    private static Backend cuda(Precision precision) {
        BackendOptions options = BackendOptions.standard().precision(precision).deterministic(true);
        return BackendsUnderTest.open("cuda", options);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void cpu(KernelCase c) {
        Backend backend = BackendsUnderTest.open("cpu");
        new KernelHarness(backend, new CpuProbe(backend), false, false).check(c, Catalogue.after(c));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void cpuInBfloat16(KernelCase c) {
        Backend backend = BackendsUnderTest.cpuInBfloat16();
        new KernelHarness(backend, new CpuProbe(backend), true, false).check(c, Catalogue.after(c));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void cuda(KernelCase c) {
        Backend backend = cuda(Precision.FP32);
        new KernelHarness(backend, new CudaProbe(backend), false, true).check(c, Catalogue.after(c));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void cudaInBfloat16(KernelCase c) {
        Backend backend = cuda(Precision.BF16);
        new KernelHarness(backend, new CudaProbe(backend), true, true).check(c, Catalogue.after(c));
    }
}
