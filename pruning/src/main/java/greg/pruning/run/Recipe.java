package greg.pruning.run;

import greg.pruning.graph.Granularity;
import greg.pruning.growth.FinetuneConfig;
import greg.pruning.growth.GregConfig;

/** Where the settings come from that no flag gives. */
public enum Recipe {
    /** The paper's ImageNet settings, the defaults of the reference implementation. */
    IMAGENET(GregConfig.builder().build(), 90, "0:0.1,30:0.01,60:0.001"),
    /** The paper's CIFAR commands. */
    CIFAR(GregConfig.builder().cifar().build(), 200, "0:0.1,100:0.01,150:0.001"),
    /**
     * Every phase in miniature: a minute or two on two cores. Penalties grow some hundred times faster than the paper's. At
     * that pace filters do not fade, since the BN behind a filter undoes its shrinking; input channels do, and their removal
     * gives the same shapes.
     */
    DEMONSTRATION(
            GregConfig.builder()
                    .cifar()
                    .wg(Granularity.CHANNEL)
                    .lrPrune(0.01)
                    .batchSizePrune(64)
                    .updateRegInterval(1)
                    .stabilizeRegInterval(250)
                    .regUpperLimitPick(0.05)
                    .regGranularityPick(0.001)
                    .regGranularityPrune(0.005)
                    .finetune(new FinetuneConfig("0:0.02,2:0.002", 3, 64))
                    .build(),
            4,
            "0:0.1,3:0.01");

    /** The demonstration's network. */
    public static final String DEMONSTRATION_ARCH = "resnet8";

    /** The demonstration's ratios. */
    public static final String DEMONSTRATION_RATIOS = "[0,0.7,0.7,0.7,0]";

    private final GregConfig config;
    private final int baseEpochs;
    private final String baseLr;

    Recipe(GregConfig config, int baseEpochs, String baseLr) {
        this.config = config;
        this.baseEpochs = baseEpochs;
        this.baseLr = baseLr;
    }

    /** The recipe for a data set. */
    public static Recipe of(String dataset) {
        return dataset.equals("imagenet") || dataset.equals("tiny-imagenet") ? IMAGENET : CIFAR;
    }

    /** Pruning and finetuning. */
    public GregConfig config() {
        return config;
    }

    /** Epochs of a base network trained from scratch. */
    public int baseEpochs() {
        return baseEpochs;
    }

    /** Its learning rate. */
    public String baseLr() {
        return baseLr;
    }
}
