package greg.bench.gpu;

import greg.datasets.Dataset;
import greg.kernels.Backend;
import greg.kernels.Backends;
import greg.kernels.Precision;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Training steps on the CPU in turns with those of any number of peers, in one run, since machines drift. A round is so many steps of greg,
 * then as many of each peer in each of its modes; the ratios of the medians come last. {@code bench/src/cpu/steps.sh} starts it with every
 * peer that the machine has.
 *
 * <pre>
 * java -cp bench/target/benchmarks.jar greg.bench.gpu.StepCpu NETWORK:BATCH[:PRECISION] ROUNDS SAMPLES --peer MODE,... COMMAND [--peer ...]
 * </pre>
 *
 * <p>for example {@code resnet50:16 5 4 --peer eager,channels_last python3 bench/src/gpu/step_torch.py --device cpu}. The precision is
 * greg's, fp32 if left out. All use all cores unless {@code OMP_NUM_THREADS} says otherwise.
 */
public final class StepCpu {
    private static final int WARM = 20;
    private static final int IMAGES = 20_000;
    private static final int SECONDS = 3600;
    private static final String PEER = "--peer";
    private static final String USAGE = "usage: StepCpu NETWORK:BATCH[:PRECISION] ROUNDS SAMPLES " + PEER
            + " MODE,... COMMAND [" + PEER + " MODE,... COMMAND]";

    private StepCpu() {}

    /** A program to compare with, and the modes in which it is asked. */
    private record Asked(StepPeer peer, List<String> modes) {}

    /**
     * The program.
     *
     * @throws IOException if a peer cannot be started
     */
    public static void main(String[] args) throws IOException {
        String[] network = args.length < 3 ? new String[0] : args[0].split(":");
        if (network.length < 2 || network.length > 3) {
            System.err.println(USAGE);
            System.exit(2);
        }
        Precision precision = network.length == 2 ? Precision.FP32 : Precision.of(network[2]);
        StepCase what = new StepCase(network[0], Integer.parseInt(network[1]), precision, false, false);
        int rounds = Integer.parseInt(args[1]);
        int samples = Integer.parseInt(args[2]);
        List<Asked> peers = peers(List.of(args).subList(3, args.length));
        Dataset data = StepLoop.data(what, IMAGES * 32 / what.imageSize() * 32 / what.imageSize());
        try (Backend backend = Backends.open("cpu", what.options(false));
                StepLoop loop = new StepLoop(what, backend, data, StepLoop.GROWTH)) {
            say(
                    "%s in %s; %s, %d threads",
                    what.workload(),
                    precision,
                    backend.device().name(),
                    backend.device().threads());
            for (int s = 0; s < WARM; s++) loop.step();
            Map<String, StepTimes> times = new LinkedHashMap<>();
            MatrixPeak peak = new MatrixPeak(backend);
            for (int round = 0; round < rounds; round++) {
                peak.sample();
                merge(times, "greg", StepTimes.of(loop::step, loop::synchronize, samples));
                for (Asked asked : peers) ask(asked, what, samples, times);
            }
            report(times);
            if (precision == Precision.FP32) share(loop.macs(), times.get("greg"), peak);
        } finally {
            peers.forEach(asked -> asked.peer.close());
        }
    }

    private static List<Asked> peers(List<String> args) throws IOException {
        List<Asked> peers = new ArrayList<>();
        for (int at = 0; at < args.size(); ) {
            int end = at + 1;
            while (end < args.size() && !args.get(end).equals(PEER)) end++;
            if (!args.get(at).equals(PEER) || end < at + 3) {
                System.err.println(USAGE);
                System.exit(2);
            }
            StepPeer peer = new TorchPeer(args.subList(at + 2, end), SECONDS, SECONDS);
            peers.add(new Asked(peer, List.of(args.get(at + 1).split(","))));
            at = end;
        }
        return peers;
    }

    private static void ask(Asked asked, StepCase what, int samples, Map<String, StepTimes> times) {
        for (String mode : asked.modes) {
            StepPeer.Answer answer = asked.peer.time(what, mode, false, samples);
            String name = asked.peer.version() + ", " + mode;
            if (answer.skipped() != null) say("%s: skipped, %s", name, answer.skipped());
            else merge(times, name, answer.times());
        }
    }

    private static void merge(Map<String, StepTimes> times, String who, StepTimes more) {
        say("  %8.1f ms  %s", 1e-3 * more.median(), who);
        times.merge(who, more, StepTimes::and);
    }

    private static void report(Map<String, StepTimes> times) {
        StepTimes greg = times.get("greg");
        say("of all rounds, ms: median, best, greg's median and best against them");
        times.forEach((name, t) -> say(
                "  %8.1f %8.1f  %6.2f %6.2f  %s",
                1e-3 * t.median(),
                1e-3 * t.quantile(0),
                greg.median() / t.median(),
                greg.quantile(0) / t.quantile(0),
                name));
    }

    private static void share(long macs, StepTimes greg, MatrixPeak peak) {
        double reached = 2 * macs / (1e3 * greg.median());
        say(
                "greg: %.1f GFLOP in convolutions and linear layers, %.0f GFLOP/s in the whole step, %.0f %% of a matrix product's %.0f GFLOP/s",
                2e-9 * macs, reached, 100 * reached / peak.median(), peak.median());
    }

    private static void say(String format, Object... values) {
        System.out.printf(Locale.ROOT, format + "%n", values);
    }
}
