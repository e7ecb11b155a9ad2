package greg.bench.gpu;

import greg.datasets.Dataset;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.kernels.Device;
import greg.kernels.KernelException;
import greg.kernels.Precision;
import greg.kernels.cuda.CudaBackend;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Training steps on a GPU, plain and with growing penalties, replayed and issued kernel by kernel, in turns with PyTorch's; and where
 * their time goes. Before anything is timed, steps of a small network are compared with the reference backend's.
 *
 * <pre>
 * java -cp bench/target/benchmarks.jar greg.bench.gpu.StepGpu --out FOLDER --torch "python3 bench/src/gpu/step_torch.py"
 * </pre>
 *
 * writes into the folder, after every network and precision, {@code step-gpu.json}, {@code step-gpu.md}, which plans cuDNN's
 * convolutions have ({@code plans-*.txt}) and what cuDNN says of the device ({@code cudnn-device.json}), and prints the table.
 */
public final class StepGpu {
    private final StepGpuOptions options;
    private final StepPeer peer;
    private final List<StepReport.Row> rows = new ArrayList<>();
    private final List<StepReport.PeerRow> peers = new ArrayList<>();
    private final List<StepProfile> profiles = new ArrayList<>();
    private final Consumer<StepLoop> step;
    private Device device;

    /** A step and its times so far. */
    private static final class Running implements AutoCloseable {
        private final StepCase what;
        private final CudaBackend backend;
        private final StepLoop loop;
        private float firstLoss;
        private StepTimes times = StepTimes.NONE;

        Running(StepCase what, CudaBackend backend, Dataset data) {
            this.what = what;
            this.backend = backend;
            loop = new StepLoop(what, backend, data, StepLoop.GROWTH);
        }

        @Override
        public void close() {
            loop.close();
            backend.close();
        }
    }

    /** {@code peer}: null for none; {@code step}: {@link StepLoop#step}, or for tests another. */
    StepGpu(StepGpuOptions options, StepPeer peer, Consumer<StepLoop> step) {
        this.options = options;
        this.peer = peer;
        this.step = step;
    }

    /** Checks, times and writes. */
    StepReport run() throws IOException {
        Files.createDirectories(options.out());
        check();
        for (StepGpuOptions.Network network : options.networks()) {
            Dataset data = null;
            for (Precision precision : options.precisions()) {
                StepCase plain = new StepCase(network.arch(), network.batch(), precision, false, true);
                if (data == null) data = StepLoop.data(plain, images(plain));
                measure(plain, data);
                write();
            }
        }
        return report();
    }

    private int images(StepCase what) {
        // as many bytes for large images as for the 50,000 of CIFAR
        return options.images() * 32 / what.imageSize() * 32 / what.imageSize();
    }

    private CudaBackend open(StepCase what) {
        Backend backend = Backends.open(options.device(), what.options(options.deterministic()));
        if (backend instanceof CudaBackend cuda) return cuda;
        backend.close();
        throw new IllegalArgumentException("StepGpu: expected a GPU after --device, got " + options.device());
    }

    private void check() throws IOException {
        try (Backend reference = Backends.open("reference", BackendOptions.standard())) {
            StepCheck check = new StepCheck(reference);
            for (Precision precision : options.precisions()) {
                for (boolean graph : new boolean[] {false, true}) {
                    StepCase what = StepCheck.small(precision, graph);
                    try (CudaBackend backend = open(what)) {
                        if (device == null) describe(backend);
                        check.check(what, backend, step);
                    }
                }
            }
        }
    }

    private void describe(CudaBackend backend) throws IOException {
        device = backend.device();
        try {
            Files.writeString(options.out().resolve("cudnn-device.json"), backend.cudnnDevice() + "\n");
        } catch (KernelException unknown) {
            System.err.println("StepGpu: no description of the device by cuDNN: " + unknown.getMessage());
        }
    }

    private void measure(StepCase plain, Dataset data) throws IOException {
        List<Running> all = new ArrayList<>();
        try {
            for (StepCase what : forms(plain)) {
                Running running = new Running(what, open(what), data);
                all.add(running);
                // the same plans in all, measured once
                running.backend.usePlans(all.get(0).backend.planChoices());
                warm(running);
            }
            turns(plain, all);
            for (Running one : all) rows.add(row(one));
            Running called = all.get(all.size() - 1);
            profiles.add(StepProfile.of(called.what, called.backend, called.loop, options.scratchBytes()));
            String name = "plans-" + plain.arch() + "-" + plain.batch() + "-" + plain.precision() + ".txt";
            Files.write(options.out().resolve(name), all.get(0).backend.planChoices());
        } finally {
            for (Running one : all) one.close();
        }
    }

    /** Plain, with penalties, and issued by calls. */
    private static List<StepCase> forms(StepCase plain) {
        return List.of(
                plain,
                new StepCase(plain.arch(), plain.batch(), plain.precision(), true, true),
                new StepCase(plain.arch(), plain.batch(), plain.precision(), false, false));
    }

    private void warm(Running one) {
        step.accept(one.loop);
        one.firstLoss = one.loop.loss();
        for (int s = 1; s < options.warmup(); s++) step.accept(one.loop);
    }

    /** All of greg's steps, then one of the peer's, and so on, so that a change of the clock meets all. */
    private void turns(StepCase plain, List<Running> all) {
        // a step on large images takes as long as thirty on small ones
        int samples = plain.imageSize() > 32 ? Math.max(1, options.samples() / 10) : options.samples();
        List<String> modes = peer == null ? List.of() : StepPeer.modes(plain.precision());
        for (String mode : modes) {
            for (boolean penalty : new boolean[] {false, true}) {
                sample(all, samples);
                StepCase what = new StepCase(plain.arch(), plain.batch(), plain.precision(), penalty, false);
                StepPeer.Answer answer = peer.time(what, mode, penalty, 2 * samples);
                peers.add(new StepReport.PeerRow(what, mode, penalty, answer));
            }
        }
        for (int round = 2 * modes.size(); round < options.rounds(); round++) sample(all, samples);
    }

    private void sample(List<Running> all, int samples) {
        for (Running one : all) {
            one.times = one.times.and(StepTimes.of(() -> step.accept(one.loop), one.loop::synchronize, samples));
        }
    }

    private static StepReport.Row row(Running one) {
        float last = one.loop.loss();
        if (!Float.isFinite(last)) {
            throw new KernelException("benchmark of training steps: " + one.what + ": the loss, " + one.firstLoss
                    + " at first, has become " + last + "; a step that diverges is not reported");
        }
        return new StepReport.Row(one.what, one.times, one.firstLoss, last);
    }

    private StepReport report() {
        String version = peer == null ? "no PyTorch beside it" : peer.version();
        return new StepReport(
                device, options.command(), version, List.copyOf(rows), List.copyOf(peers), List.copyOf(profiles));
    }

    private void write() throws IOException {
        StepReport report = report();
        for (Map.Entry<String, String> file : Map.of("step-gpu.json", report.json(), "step-gpu.md", report.table())
                .entrySet()) {
            Files.writeString(options.out().resolve(file.getKey()), file.getValue());
        }
    }

    /**
     * The program.
     *
     * @param args see {@link StepGpuOptions#USAGE}
     * @throws IOException if the folder cannot be written
     */
    public static void main(String[] args) throws IOException {
        StepGpuOptions options = StepGpuOptions.parse(args);
        try (StepPeer peer = peer(options)) {
            System.out.print(new StepGpu(options, peer, StepLoop::step).run().table());
        }
    }

    /** PyTorch if it is asked for and starts, else null. */
    private static StepPeer peer(StepGpuOptions options) {
        if (options.torch().isEmpty()) return null;
        try {
            return new TorchPeer(options.torch(), options.torchSeconds(), options.torchTotal());
        } catch (IOException absent) {
            System.err.println("StepGpu: no comparison with PyTorch: " + absent.getMessage());
            return null;
        }
    }
}
