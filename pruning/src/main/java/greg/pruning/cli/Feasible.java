package greg.pruning.cli;

import greg.kernels.Backend;
import greg.nn.cost.CostModel;
import greg.nn.cost.LayerCost;
import greg.pruning.run.NetworkSpec;
import greg.pruning.run.Pruning;
import greg.pruning.run.UsageException;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/**
 * Whether a network can be trained here at all: known before anything is written. The estimate is a lower bound, so that nothing
 * is refused that would work: the outputs of convolutions and Linears, which the backward pass needs, and of each parameter
 * value, gradient and momentum.
 */
final class Feasible {
    private static final int BYTES = Float.BYTES;
    private static final int VALUES_PER_PARAMETER = 3;
    private static final double GIGA = 1e9;

    private Feasible() {}

    /**
     * The backend, or a UsageException if a batch does not fit the memory; what building the network throws is passed on.
     *
     * @param images in the largest batch
     */
    static Backend on(Backend backend, NetworkSpec spec, int images) {
        try {
            check(spec, backend, images);
            return backend;
        } catch (RuntimeException e) {
            backend.close();
            throw e;
        }
    }

    private static void check(NetworkSpec spec, Backend backend, int images) {
        CostModel cost = Pruning.cost(spec);
        double bytes = BYTES * VALUES_PER_PARAMETER * (double) cost.allParams();
        for (LayerCost layer : cost.layers())
            bytes += BYTES * (double) images * layer.output().size();
        double memory = memory(backend);
        if (bytes <= memory) return;
        throw new UsageException(String.format(
                Locale.ROOT,
                "a step of a %s on %d images of %dx%d takes at least %.1f GB, there are %.1f GB; use smaller batches"
                        + " (--batch-size, and --batch-size-prune where there is one) or a smaller --image-size",
                spec.arch(),
                images,
                spec.imageSize(),
                spec.imageSize(),
                bytes / GIGA,
                memory / GIGA));
    }

    /** In bytes: the JVM's heap for {@code reference}, the machine's for {@code cpu}; a GPU's is not known. */
    private static double memory(Backend backend) {
        return switch (backend.device().kind()) {
            case "reference" -> Runtime.getRuntime().maxMemory();
            case "cpu" ->
                ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                        ? system.getTotalMemorySize()
                        : Double.POSITIVE_INFINITY;
            default -> Double.POSITIVE_INFINITY;
        };
    }
}
