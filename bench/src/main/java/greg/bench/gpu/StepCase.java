package greg.bench.gpu;

import greg.bench.ParameterSet;
import greg.kernels.BackendOptions;
import greg.kernels.Precision;
import java.util.Locale;

/**
 * A training step that is timed.
 *
 * @param arch of the network; the ResNets for ImageNet get images of 224 x 224 and 1000 classes, the others of 32 x 32 and 10
 * @param batch images
 * @param precision of activations and products
 * @param growing whether every convolution has a growing penalty on its filters, which is raised every {@value #INTERVAL} steps
 * @param graph whether the step is recorded and replayed, rather than issued kernel by kernel
 */
record StepCase(String arch, int batch, Precision precision, boolean growing, boolean graph) {
    /** K_u of the paper's settings for CIFAR. */
    static final int INTERVAL = 10;

    private static final int LARGE = 224;
    private static final int SMALL = 32;

    /** Height and width of an image. */
    int imageSize() {
        return ParameterSet.isForImageNet(arch) ? LARGE : SMALL;
    }

    /** Outputs of the network. */
    int classes() {
        return ParameterSet.isForImageNet(arch) ? 1000 : 10;
    }

    /** The network and its batch: what is compared with another program's. */
    String workload() {
        return arch + ", batch " + batch;
    }

    /** How it is run, for tables. */
    String form() {
        return precision.name().toLowerCase(Locale.ROOT) + (growing ? ", growing" : "") + (graph ? "" : ", no graph");
    }

    BackendOptions options(boolean deterministic) {
        return BackendOptions.standard()
                .precision(precision)
                .deterministic(deterministic)
                .graphs(graph);
    }

    @Override
    public String toString() {
        return workload() + ", " + form();
    }
}
