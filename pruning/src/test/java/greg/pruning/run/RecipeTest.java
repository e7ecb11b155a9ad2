package greg.pruning.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.nn.optim.OptimizerKind;
import greg.nn.train.TrainConfig;
import org.junit.jupiter.api.Test;

/** Compared with the commands and the appendix of the paper. */
class RecipeTest {
    private static String told(TrainConfig c) {
        return c.optimizer() + " " + c.lr() + " for " + c.epochs() + ", " + c.batchSize() + " images, "
                + c.weightDecay() + ", " + c.momentum();
    }

    @Test
    void theTrainingsAreThePapers() {
        assertEquals(
                "SGD 0:0.01,30:0.001,60:0.0001,75:0.00001 for 90, 256 images, 1.0E-4, 0.9",
                told(Recipe.IMAGENET.finetune()));
        assertEquals("SGD 0:0.1,30:0.01,60:0.001 for 90, 256 images, 1.0E-4, 0.9", told(Recipe.IMAGENET.base()));
        assertEquals("SGD 0:0.01,60:0.001,90:0.0001 for 120, 128 images, 5.0E-4, 0.9", told(Recipe.CIFAR.finetune()));
        assertEquals("SGD 0:0.1,100:0.01,150:0.001 for 200, 128 images, 5.0E-4, 0.9", told(Recipe.CIFAR.base()));
        assertEquals(64, Recipe.IMAGENET.batchSizePrune());
        assertEquals(128, Recipe.CIFAR.batchSizePrune());
    }

    @Test
    void lenetsAreFinetunedByAdam() {
        assertEquals(OptimizerKind.ADAM, Recipe.optimizer("lenet5"));
        assertEquals(OptimizerKind.SGD, Recipe.optimizer("resnet20"));
    }
}
