package greg.pruning.cli;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.kernels.Precision;
import greg.pruning.run.UsageException;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** Where to compute. */
@HelpGroup(HelpGroup.Heading.RUN)
final class DeviceOptions {
    private static final Pattern KNOWN = Pattern.compile("auto|cpu|reference|cuda(:\\d{1,3})?");

    @Option(
            names = "--device",
            paramLabel = "NAME",
            defaultValue = "auto",
            description =
                    "auto, cpu, cuda, cuda:N or reference; auto takes the first that works in the order cuda, cpu,"
                            + " reference (see 'greg devices'). Default: ${DEFAULT-VALUE}.")
    String device;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description = "Compute threads on the host; 0: one per core. Default: ${DEFAULT-VALUE}.")
    int threads;

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            description = "fp32: float32 throughout; tf32: float32 in memory, products of a GPU's tensor cores; bf16:"
                    + " activations in bfloat16, weights in float32, on a GPU or a processor with AVX512-BF16 or AMX."
                    + " Default: tf32 on a GPU, fp32 elsewhere.")
    String precision;

    @Option(
            names = "--deterministic",
            description =
                    "On a GPU, only kernels that give the same bits each time, so that a resumed run ends like one that was"
                            + " never interrupted; other devices have no others. Default: ${DEFAULT-VALUE}.")
    boolean deterministic;

    /** Refuses values that no backend understands. */
    void check() {
        checkName(device);
        Checks.between("--threads", 0, BackendOptions.MOST_THREADS, threads);
        Precision asked = precision();
        if (asked == Precision.TF32 && device.equals("cpu")) {
            throw new UsageException(
                    "--precision tf32: --device cpu computes in fp32 or, with AVX512-BF16 or AMX, in bf16;"
                            + " leave it out, or use a GPU");
        }
        if (asked != null && asked != Precision.FP32 && device.equals("reference")) {
            throw new UsageException(
                    "--precision " + asked + ": --device reference computes in fp32 only; leave it out");
        }
    }

    /** Refuses an unknown device. */
    static void checkName(String device) {
        if (KNOWN.matcher(device).matches()) return;
        throw new UsageException("--device: unknown device '" + device
                + "'; expected auto, cpu, cuda, cuda:N or reference; 'greg devices' shows what works here");
    }

    /** The requested precision, or null for the device's own. */
    private Precision precision() {
        if (precision == null) return null;
        try {
            return Precision.of(precision);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--" + e.getMessage());
        }
    }

    /**
     * Opens the backend; a {@link greg.kernels.KernelException} says why it is not available.
     *
     * @param graphs whether training steps are recorded and replayed, where the device can
     */
    Backend open(boolean graphs) {
        check();
        BackendOptions standard = BackendOptions.standard();
        BackendOptions asked = new BackendOptions(threads > 0 ? threads : standard.threads(), standard.index())
                .precision(precision == null ? standard.precision() : precision())
                .deterministic(deterministic || standard.deterministic())
                .graphs(graphs);
        return Backends.open(device, Parallel.part(asked));
    }
}
