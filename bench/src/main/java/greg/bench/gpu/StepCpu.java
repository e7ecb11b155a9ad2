package greg.bench.gpu;

import greg.datasets.Dataset;
import greg.kernels.Backend;
import greg.kernels.Backends;
import greg.kernels.Precision;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Training steps on the CPU in turns with PyTorch's, in one run, since machines drift.
 *
 * <pre>
 * java -cp bench/target/benchmarks.jar greg.bench.gpu.StepCpu NETWORK:BATCH[:PRECISION] ROUNDS SAMPLES MODE,... PYTHON bench/src/gpu/step_torch.py --device cpu
 * </pre>
 *
 * <p>for example {@code resnet50:16 5 4 eager,channels_last python3 ...} or {@code resnet56:128:bf16 5 4 amp,amp_compile python3
 * ...}; the precision is greg's, fp32 if it is left out. A round is so many steps of greg, then as many of PyTorch
 * in each mode. Both use all cores unless {@code OMP_NUM_THREADS} says otherwise.
 */
public final class StepCpu {
    private static final int WARM = 3;
    private static final int IMAGES = 20_000;
    private static final int SECONDS = 3600;

    private StepCpu() {}

    /**
     * The program.
     *
     * @throws IOException if PyTorch cannot be started
     */
    public static void main(String[] args) throws IOException {
        String[] network = args.length < 5 ? new String[0] : args[0].split(":");
        if (network.length < 2 || network.length > 3) {
            System.err.println(
                    "usage: StepCpu NETWORK:BATCH[:PRECISION] ROUNDS SAMPLES MODE,... PYTHON STEP_TORCH --device cpu");
            System.exit(2);
        }
        Precision precision = network.length == 2 ? Precision.FP32 : Precision.of(network[2]);
        StepCase what = new StepCase(network[0], Integer.parseInt(network[1]), precision, false, false);
        int rounds = Integer.parseInt(args[1]);
        int samples = Integer.parseInt(args[2]);
        List<String> modes = List.of(args[3].split(","));
        List<String> command = List.of(args).subList(4, args.length);
        Dataset data = StepLoop.data(what, IMAGES * 32 / what.imageSize() * 32 / what.imageSize());
        Map<String, StepTimes> peer = new LinkedHashMap<>();
        StepTimes greg = StepTimes.NONE;
        try (TorchPeer torch = new TorchPeer(command, SECONDS, SECONDS);
                Backend backend = Backends.open("cpu", what.options(false));
                StepLoop loop = new StepLoop(what, backend, data, StepLoop.GROWTH)) {
            System.out.println(what.workload() + " in " + precision + "; "
                    + backend.device().name() + "; " + torch.version());
            for (int s = 0; s < WARM; s++) loop.step();
            for (int round = 0; round < rounds; round++) {
                greg = greg.and(said("greg", StepTimes.of(loop::step, loop::synchronize, samples)));
                for (String mode : modes) {
                    StepPeer.Answer answer = torch.time(what, mode, false, samples);
                    if (answer.skipped() != null) System.out.println(mode + ": skipped, " + answer.skipped());
                    else peer.merge(mode, said(mode, answer.times()), StepTimes::and);
                }
            }
        }
        report(greg, peer);
    }

    private static StepTimes said(String who, StepTimes times) {
        say("%-14s median %.1f ms", who, 1e-3 * times.median());
        return times;
    }

    private static void report(StepTimes greg, Map<String, StepTimes> peer) {
        System.out.println("of all rounds:");
        say("%-14s median %.1f ms, best %.1f", "greg", 1e-3 * greg.median(), 1e-3 * greg.quantile(0));
        peer.forEach((mode, times) -> say(
                "%-14s median %.1f ms, best %.1f; greg's against it: median %.2f, best %.2f",
                mode,
                1e-3 * times.median(),
                1e-3 * times.quantile(0),
                greg.median() / times.median(),
                greg.quantile(0) / times.quantile(0)));
    }

    private static void say(String format, Object... values) {
        System.out.printf(Locale.ROOT, format + "%n", values);
    }
}
