package greg.pruning.cli;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.pruning.run.UsageException;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** Where to compute. */
final class DeviceOptions {
    private static final Pattern KNOWN = Pattern.compile("auto|cpu|reference|cuda(:\\d+)?");

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
            defaultValue = "fp32",
            description = "Number format of activations: fp32, strict; this build has no other. Default:"
                    + " ${DEFAULT-VALUE}.")
    String precision;

    /** Refuses values that no backend understands. */
    void check() {
        if (!KNOWN.matcher(device).matches()) {
            throw new UsageException("--device: unknown device '" + device
                    + "'; expected auto, cpu, cuda, cuda:N or reference; 'greg devices' shows what works here");
        }
        Checks.atLeast("--threads", 0, threads);
        if (!precision.equals("fp32")) {
            throw new UsageException("--precision: expected fp32, the only one in this build, got '" + precision + "'");
        }
    }

    /** Opens the backend; a {@link greg.kernels.KernelException} says why it is not available. */
    Backend open() {
        check();
        BackendOptions standard = BackendOptions.standard();
        return Backends.open(device, new BackendOptions(threads > 0 ? threads : standard.threads(), standard.index()));
    }
}
