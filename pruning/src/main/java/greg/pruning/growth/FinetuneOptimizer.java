package greg.pruning.growth;

import greg.kernels.spec.AdamSpec;
import greg.nn.NnModule;
import greg.nn.optim.Adam;
import greg.nn.optim.Optimizer;
import greg.nn.optim.Sgd;

/** What takes the steps of finetuning ({@code --optimizer}). The growth of the penalty is always SGD's. */
public enum FinetuneOptimizer {
    /** Stochastic gradient descent with momentum and weight decay. */
    SGD("sgd"),
    /** Adam with its usual constants and no weight decay, with which the reference implementation finetunes LeNets. */
    ADAM("adam");

    private final String cliName;

    FinetuneOptimizer(String cliName) {
        this.cliName = cliName;
    }

    /** The name on the command line. */
    public String cliName() {
        return cliName;
    }

    /** The constant of that exact name; IllegalArgumentException naming the known ones otherwise. */
    public static FinetuneOptimizer parse(String text) {
        return CliNames.parse("--optimizer", FinetuneOptimizer.class, FinetuneOptimizer::cliName, text);
    }

    /** The reference implementation's for an architecture: Adam for names that begin with {@code lenet}, else SGD. */
    public static FinetuneOptimizer of(String arch) {
        return arch.startsWith("lenet") ? ADAM : SGD;
    }

    /**
     * A new one; the caller closes it.
     *
     * @param momentum of SGD
     * @param weightDecay L2 coefficient on every parameter; Adam is given 0 by those who do as the reference does
     */
    public Optimizer make(NnModule network, double momentum, double weightDecay) {
        return this == ADAM
                ? new Adam(network, AdamSpec.standard(weightDecay))
                : new Sgd(network, (float) momentum, (float) weightDecay);
    }
}
