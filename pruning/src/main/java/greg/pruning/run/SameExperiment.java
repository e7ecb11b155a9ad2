package greg.pruning.run;

import greg.datasets.Datasets;
import greg.datasets.ImageShape;
import greg.datasets.Normalization;
import greg.pruning.growth.PruningMethod;
import greg.pruning.report.Setting;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Whether a run is the experiment of a row of the paper's tables: the one place that decides it. Only then may the published
 * numbers stand beside those of the run. What counts is all that moves the numbers: what is done to which network, how long
 * and with which rates it is trained, and on how many images of which size, decoded and normalised how. What a base network from a file was trained with
 * is not known and does not count, neither do seed, device and precision.
 */
public final class SameExperiment {
    /** Images of the official data sets of the tables: training and test. */
    private static final Map<String, int[]> IMAGES = Map.of(
            "cifar10", new int[] {50_000, 10_000},
            "cifar100", new int[] {50_000, 10_000},
            "imagenet", new int[] {1_281_167, 50_000});

    /** Only GReg-2 picks. */
    private static final Set<Setting> OF_PICKING =
            Set.of(Setting.REG_UPPER_LIMIT_PICK, Setting.REG_GRANULARITY_PICK, Setting.REG_GRANULARITY_RECOVER);

    private SameExperiment() {}

    /**
     * In what a run differs from a preset's experiment.
     *
     * @param settings of the run
     * @param target what says how much to remove, by setting, as it is written; those that were not given may be absent
     * @param arch of the network that is pruned
     * @param data its images
     * @return what the published numbers are for, a phrase each, with settings by their names in Java; empty if the run is
     *     the same experiment
     */
    public static List<String> differences(
            Preset preset, PruneSettings settings, Map<Setting, String> target, String arch, RunData data) {
        Map<Setting, String> theirs = preset.settings().bySetting();
        Map<Setting, String> ours = settings.bySetting();
        if (settings.base() == null) { // a network from a file
            theirs.remove(Setting.BASE_EPOCHS);
            theirs.remove(Setting.BASE_LR);
        }
        theirs.remove(Setting.ONE_SHOT); // what is run beside it
        if (settings.method() == PruningMethod.L1)
            Setting.of(Setting.Role.GROWTH).forEach(theirs::remove);
        if (settings.method() != PruningMethod.GREG_2) OF_PICKING.forEach(theirs::remove);
        theirs.put(Setting.ARCH, preset.arch());
        ours.put(Setting.ARCH, arch);
        theirs.put(Setting.DATASET, preset.dataset());
        ours.put(Setting.DATASET, data.name());
        Map<Setting, String> wanted = new EnumMap<>(Setting.class);
        wanted.put(Setting.RATIOS, preset.stagePr());
        wanted.put(Setting.SKIP_LAYERS, preset.skipLayers());
        for (Setting setting : List.of(
                Setting.RATIOS,
                Setting.SKIP_LAYERS,
                Setting.BASE_PR_MODEL,
                Setting.PRUNE_COUPLED,
                Setting.GLOBAL,
                Setting.ROUND_TO)) {
            theirs.put(setting, wanted.getOrDefault(setting, ""));
            ours.put(setting, target.getOrDefault(setting, "").strip());
        }
        List<String> differences = new ArrayList<>();
        theirs.forEach((setting, value) -> {
            if (!value.equals(ours.get(setting))) differences.add(phrase(setting, value));
        });
        if (preset.dataset().equals(data.name())) images(preset, data, differences);
        return differences;
    }

    private static void images(Preset preset, RunData data, List<String> differences) {
        int[] official = IMAGES.get(preset.dataset());
        count(official[0], data.split().train().size(), "training images", differences);
        count(official[1], data.split().test().size(), "test images", differences);
        ImageShape usual = Datasets.shape(preset.dataset());
        int side = data.images().height();
        if (side != usual.height()) differences.add("images of " + usual.height() + " pixels, not " + side);
        Normalization own = data.split().train().normalization();
        if (!own.equals(data.normalization())) {
            differences.add(phrase(Setting.MEAN, TrainedOn.text(own.mean())));
            differences.add(phrase(Setting.STD, TrainedOn.text(own.std())));
        }
        if (data.fastDecode()) differences.add(phrase(Setting.FAST_DECODE, "false"));
    }

    private static void count(int official, int here, String what, List<String> differences) {
        if (official == here) return;
        differences.add(String.format(Locale.ROOT, "%,d %s, not %,d", official, what, here));
    }

    private static String phrase(Setting setting, String value) {
        boolean none = value.isEmpty() || value.equals("0") || value.equals("false");
        return none ? "without the setting " + setting.inJava() : setting.inJava() + " = " + value;
    }
}
