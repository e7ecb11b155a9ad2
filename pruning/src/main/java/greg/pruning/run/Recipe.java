package greg.pruning.run;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import greg.nn.optim.OptimizerKind;
import greg.nn.train.Augmentation;
import greg.nn.train.TrainConfig;
import greg.pruning.graph.Granularity;
import greg.pruning.growth.GregConfig;
import greg.pruning.report.Setting;
import greg.pruning.report.Written;
import java.util.EnumSet;
import java.util.Set;

/** The defaults of a run, by the size of its images. */
public enum Recipe {
    /** The paper's ImageNet settings, the defaults of the reference implementation. */
    @JsonProperty("imagenet")
    IMAGENET(
            GregConfig.greg2().build(),
            64,
            TrainConfig.sgd("0:0.1,30:0.01,60:0.001", 90).withBatchSize(256).withWeightDecay(1e-4),
            TrainConfig.sgd("0:0.01,30:0.001,60:0.0001,75:0.00001", 90)
                    .withBatchSize(256)
                    .withWeightDecay(1e-4)),
    /** The paper's CIFAR commands (ResNet-56; VGG-19 has a batch size of 256). */
    @JsonProperty("cifar")
    CIFAR(
            GregConfig.greg2().cifar().build(),
            128,
            TrainConfig.sgd("0:0.1,100:0.01,150:0.001", 200),
            TrainConfig.sgd("0:0.01,60:0.001,90:0.0001", 120)),
    /**
     * Every phase in miniature: about a minute on two cores. Penalties grow some hundred times faster than the paper's. At
     * that pace filters do not fade, since the BN behind a filter undoes its shrinking; input channels do, and their removal
     * gives the same shapes.
     */
    @JsonProperty("demonstration")
    DEMONSTRATION(
            GregConfig.greg2()
                    .cifar()
                    .granularity(Granularity.CHANNEL)
                    .lrPrune(0.01)
                    .updateRegInterval(1)
                    .stabilizeRegInterval(250)
                    .regUpperLimitPick(0.05)
                    .regGranularityPick(0.001)
                    .regGranularityPrune(0.005)
                    .build(),
            64,
            TrainConfig.sgd("0:0.1,3:0.01", 4).withBatchSize(64),
            TrainConfig.sgd("0:0.02,2:0.002", 3).withBatchSize(64));

    /** The demonstration's network. */
    public static final String DEMONSTRATION_ARCH = "resnet8";

    /** The demonstration's ratios. */
    public static final String DEMONSTRATION_RATIOS = "[0,0.7,0.7,0.7,0]";

    /** Tiny ImageNet has 64 pixels, CIFAR 32. */
    private static final int IMAGENET_FROM = 64;

    private static final Set<Setting> DIFFERENT = EnumSet.of(
            Setting.GRANULARITY,
            Setting.LR_PRUNE,
            Setting.BATCH_SIZE_PRUNE,
            Setting.UPDATE_REG_INTERVAL,
            Setting.STABILIZE_REG_INTERVAL,
            Setting.REG_UPPER_LIMIT_PICK,
            Setting.REG_GRANULARITY_PICK,
            Setting.REG_GRANULARITY_PRUNE,
            Setting.WEIGHT_DECAY,
            Setting.LR_FT,
            Setting.EPOCHS,
            Setting.BATCH_SIZE,
            Setting.BASE_EPOCHS,
            Setting.BASE_LR);

    private final GregConfig config;
    private final int batchSizePrune;
    private final TrainConfig base;
    private final TrainConfig finetune;

    Recipe(GregConfig config, int batchSizePrune, TrainConfig base, TrainConfig finetune) {
        this.config = config;
        this.batchSizePrune = batchSizePrune;
        this.base = base;
        this.finetune = finetune;
    }

    /** The recipe for images of this many pixels a side, as the paper's data sets have them: ImageNet's from 64 on. */
    public static Recipe of(int imageSize) {
        return imageSize >= IMAGENET_FROM ? IMAGENET : CIFAR;
    }

    /** The recipe of a run whose config.json does not name one: earlier versions chose it by the name of the data set. */
    static Recipe ofOlderRun(String dataset) {
        return dataset.equals("imagenet") || dataset.equals("tiny-imagenet") ? IMAGENET : CIFAR;
    }

    /**
     * The recipe of a run in the past.
     *
     * @param config content of its config.json
     * @param dataset whose recipe it had if it does not name one
     */
    public static Recipe recorded(JsonNode config, String dataset) {
        Recipe named = Written.constants(Recipe.class).get(config.path("recipe").asText());
        return named == null ? ofOlderRun(dataset) : named;
    }

    /**
     * Whether a run was the demonstration. Until greg recorded recipes, it was one if it named neither network nor data.
     *
     * @param config content of its config.json
     */
    public static boolean demonstrates(JsonNode config) {
        if (config.has("recipe")) return config.path("recipe").asText().equals(Written.name(DEMONSTRATION));
        for (JsonNode arg : config.path("args")) {
            if (arg.asText().matches("--(arch|weights|dataset|preset)(=.*)?")) return false;
        }
        return true;
    }

    /** Whether recipes differ in a setting; what they have in common are defaults. */
    public static boolean decides(Setting setting) {
        return DIFFERENT.contains(setting);
    }

    /** The paper's augmentation of a data set's training images. */
    public static Augmentation augmentation(String dataset) {
        return dataset.equals("imagenet") ? Augmentation.RESIZED_CROP : Augmentation.CROP;
    }

    /** The reference implementation's optimizer of finetuning: Adam for LeNets, else SGD. */
    public static OptimizerKind optimizer(String arch) {
        return arch.startsWith("lenet") ? OptimizerKind.ADAM : OptimizerKind.SGD;
    }

    /** The pruning method. */
    public GregConfig config() {
        return config;
    }

    /** Images per step until the removal. */
    public int batchSizePrune() {
        return batchSizePrune;
    }

    /** The training of a base network from scratch. */
    public TrainConfig base() {
        return base;
    }

    /** The training after the removal, by SGD; see {@link #optimizer}. */
    public TrainConfig finetune() {
        return finetune;
    }
}
