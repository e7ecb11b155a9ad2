package greg.pruning.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.datasets.DataSplit;
import greg.datasets.Dataset;
import greg.datasets.DatasetInfo;
import greg.datasets.Datasets;
import greg.datasets.ImageShape;
import greg.datasets.Normalization;
import greg.nn.optim.LrSchedule;
import greg.nn.optim.OptimizerKind;
import greg.nn.train.Augmentation;
import greg.nn.train.TrainConfig;
import greg.pruning.graph.Granularity;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.PruningMethod;
import greg.pruning.report.Setting;
import greg.pruning.surgery.Reinit;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The paper's settings for ResNet-56 on CIFAR-10, written down here once more, and what is no longer that experiment. */
class SameExperimentTest {
    private static final Preset PRESET = Preset.of("resnet56-cifar10-0.9-greg1");
    private static final Map<Setting, String> TARGET = Map.of(Setting.RATIOS, "[0,0.9,0.9,0.9,0]");
    private static final TrainConfig BASE = sgd("0:0.1,100:0.01,150:0.001", 200);
    private static final TrainConfig FINETUNE = sgd("0:0.01,60:0.001,90:0.0001", 120);

    private static TrainConfig sgd(String lr, int epochs) {
        return new TrainConfig(
                OptimizerKind.SGD, LrSchedule.parse(lr), epochs, 128, 5e-4, 0.9, Augmentation.CROP, 7, 0);
    }

    private static GregConfig.Builder greg() {
        return GregConfig.of(PruningMethod.GREG_1)
                .granularity(Granularity.FILTER)
                .lrPrune(0.001)
                .updateRegInterval(10)
                .stabilizeRegInterval(10_000)
                .regUpperLimit(1)
                .regGranularityPrune(1e-4)
                .weightDecay(5e-4)
                .momentum(0.9)
                .seed(7);
    }

    /** Images that are only counted. */
    private record Counted(DatasetInfo info, int size) implements Dataset {
        @Override
        public int label(int index) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void image(int index, byte[] dst, int offset) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String checksum() {
            throw new UnsupportedOperationException();
        }
    }

    private static RunData data(String name, ImageShape shape, int train, int test) {
        DatasetInfo info = DatasetInfo.of(name, shape);
        return new RunData(
                name, 0, new DataSplit(new Counted(info, train), new Counted(info, test)), info.normalization(), false);
    }

    private static RunData cifar(int train, int test) {
        return data("cifar10", Datasets.shape("cifar10"), train, test);
    }

    private static List<String> differences(GregConfig greg, TrainConfig base, TrainConfig finetune) {
        PruneSettings settings = PruneSettings.of(greg, 128, base, finetune, Reinit.NONE, L1Comparison.FINETUNED);
        return SameExperiment.differences(PRESET, settings, TARGET, "resnet56", cifar(50_000, 10_000));
    }

    @Test
    void thePapersSettingsAreItsExperiment() {
        assertEquals(List.of(), differences(greg().build(), BASE, FINETUNE));
        assertEquals(List.of(), differences(greg().build(), null, FINETUNE), "the base network may come from a file");
        assertEquals(
                List.of(),
                differences(greg().regUpperLimitPick(0.5).build(), BASE, FINETUNE),
                "GReg-1 does not read what GReg-2 picks by");
    }

    static Stream<Arguments> grown() {
        return Stream.of(
                grown(b -> b.method(PruningMethod.L1), "method = GReg-1"),
                grown(b -> b.granularity(Granularity.CHANNEL), "granularity = filter"),
                grown(b -> b.updateRegInterval(1), "updateRegInterval = 10"),
                grown(b -> b.stabilizeRegInterval(9_999), "stabilizeRegInterval = 10000"),
                grown(b -> b.regUpperLimit(0.9), "regUpperLimit = 1"),
                grown(b -> b.lrPrune(0.01), "lrPrune = 0.001"),
                grown(b -> b.weightDecay(1e-4), "weightDecay = 0.0005"),
                grown(b -> b.blockLossGrad(true), "without the setting blockLossGrad"));
    }

    private static Arguments grown(UnaryOperator<GregConfig.Builder> change, String expected) {
        return Arguments.of(change, expected);
    }

    @ParameterizedTest
    @MethodSource("grown")
    void anotherGrowthIsAnotherExperiment(UnaryOperator<GregConfig.Builder> change, String expected) {
        assertEquals(List.of(expected), differences(change.apply(greg()).build(), BASE, FINETUNE));
    }

    @Test
    void shorterTrainingIsAnotherExperiment() {
        GregConfig greg = greg().build();
        assertEquals(List.of("epochs = 120"), differences(greg, BASE, sgd("0:0.01,60:0.001,90:0.0001", 119)));
        assertEquals(List.of("lrFt = 0:0.01,60:0.001,90:0.0001"), differences(greg, BASE, sgd("0:0.01,60:0.001", 120)));
        assertEquals(List.of("baseEpochs = 200"), differences(greg, sgd("0:0.1,100:0.01,150:0.001", 1), FINETUNE));
        assertEquals(List.of("batchSize = 128"), differences(greg, BASE, FINETUNE.withBatchSize(64)));
        assertEquals(
                List.of("without the setting maxIterations"), differences(greg, BASE, FINETUNE.withMaxIterations(1)));
        assertEquals(
                List.of("augment = standard"), differences(greg, BASE, FINETUNE.withAugmentation(Augmentation.NONE)));
    }

    private static List<String> differences(RunData data) {
        PruneSettings settings = PruneSettings.of(greg().build(), 128, BASE, FINETUNE, Reinit.NONE, L1Comparison.NONE);
        return SameExperiment.differences(PRESET, settings, TARGET, "resnet56", data);
    }

    @Test
    void fewerOrOtherImagesAreAnotherExperiment() {
        assertEquals(List.of("50,000 training images, not 1,017"), differences(cifar(1_017, 10_000)));
        assertEquals(List.of("10,000 test images, not 500"), differences(cifar(50_000, 500)));
        assertEquals(
                List.of("images of 32 pixels, not 16"),
                differences(data("cifar10", new ImageShape(3, 16, 16, 10), 50_000, 10_000)));
        assertEquals(
                List.of("dataset = cifar10"),
                differences(data("imagefolder", Datasets.shape("cifar10"), 50_000, 10_000)));
    }

    @Test
    void otherPixelsAreAnotherExperiment() {
        RunData usual = cifar(50_000, 10_000);
        RunData shifted = new RunData("cifar10", 0, usual.split(), Normalization.CIFAR100, false);
        assertEquals(List.of("mean = 0.5,0.5,0.5", "std = 0.5,0.5,0.5"), differences(shifted));
        RunData fast = new RunData("cifar10", 0, usual.split(), usual.normalization(), true);
        assertEquals(List.of("without the setting fastDecode"), differences(fast));
    }
}
