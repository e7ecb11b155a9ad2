package greg.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.datasets.Datasets;
import greg.nn.SettingException;
import greg.nn.optim.LrSchedule;
import greg.nn.optim.OptimizerKind;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class TrainConfigTest {
    private static final TrainConfig SGD = TrainConfig.sgd("0:0.1,3:0.01", 5);

    @Test
    void eachMethodChangesItsSettingAlone() {
        LrSchedule other = LrSchedule.parse("0.5");
        TrainConfig all = SGD.withSchedule(other, 6)
                .withBatchSize(7)
                .withWeightDecay(8)
                .withMomentum(0.25)
                .withAugmentation(Augmentation.NONE)
                .withSeed(9)
                .withMaxIterations(10);
        assertEquals(new TrainConfig(OptimizerKind.SGD, other, 6, 7, 8, 0.25, Augmentation.NONE, 9, 10), all);
        assertEquals(SGD, SGD.withBatchSize(7).withBatchSize(128));
        assertEquals(SGD, SGD.withSeed(7).withSeed(0));
    }

    @Test
    void adamHasNoWeightDecay() {
        assertEquals(5e-4, SGD.weightDecay());
        TrainConfig adam = TrainConfig.adam("0.001", 5);
        assertEquals(OptimizerKind.ADAM, adam.optimizer());
        assertEquals(0, adam.weightDecay());
        assertEquals(5e-4, SGD.by(OptimizerKind.SGD).weightDecay());
    }

    @Test
    void badValuesNameTheirSetting() {
        refused("epochs", c -> c.withSchedule(c.lr(), -1));
        refused("batchSize", c -> c.withBatchSize(0));
        refused("weightDecay", c -> c.withWeightDecay(Double.POSITIVE_INFINITY));
        refused("momentum", c -> c.withMomentum(1));
        refused("maxIterations", c -> c.withMaxIterations(-1));
    }

    private static void refused(String setting, UnaryOperator<TrainConfig> change) {
        SettingException e = assertThrows(SettingException.class, () -> change.apply(SGD), setting);
        assertEquals(setting, e.setting());
        assertTrue(e.getMessage().startsWith(setting + ": expected "), e.getMessage());
    }

    @Test
    void windowsOfImagesThatAreNoFilesAreRefused() {
        String message = assertThrows(
                        SettingException.class,
                        () -> Augmentation.RESIZED_CROP.batches(
                                Datasets.open("synthetic", null).train(), 4, 0))
                .getMessage();
        assertTrue(message.startsWith("augment = RESIZED_CROP: expected a data set of image files, got "), message);
    }
}
