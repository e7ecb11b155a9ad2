package greg.pruning.growth;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import greg.pruning.select.PickPruned;
import java.util.List;
import org.junit.jupiter.api.Test;

class OneShotTest {
    @Test
    void choosesWhereThereIsARatio() {
        List<LayerState> layers = Runs.layers(4, 0.5, 0, 0.75);
        OneShot.choose(GregConfig.l1().build(), layers, Runs::rising);
        assertArrayEquals(new int[] {2, 3}, layers.get(0).selection().kept());
        assertArrayEquals(new int[] {0, 1, 2, 3}, layers.get(1).selection().kept());
        assertArrayEquals(new int[] {3}, layers.get(2).selection().kept());
        assertEquals(-1, layers.get(0).pickIteration());
    }

    @Test
    void greg1ChoosesTheSame() {
        for (PickPruned pick : PickPruned.values()) {
            List<LayerState> one = Runs.layers(64, 0.5, 0.3);
            List<LayerState> two = Runs.layers(64, 0.5, 0.3);
            GregConfig l1 = GregConfig.l1().pickPruned(pick).seed(5).build();
            OneShot.choose(l1, one, Runs::rising);
            GrowthSchedule.start(l1.toBuilder().method(PruningMethod.GREG_1).build(), two, Runs::rising);
            for (int i = 0; i < 2; i++) {
                assertEquals(one.get(i).selection(), two.get(i).selection());
            }
        }
    }

    @Test
    void aRandomChoiceDiffersFromLayerToLayerAndSeedToSeed() {
        List<LayerState> one = random(5);
        List<LayerState> two = random(6);
        assertNotEquals(one.get(0).selection(), one.get(1).selection());
        assertNotEquals(one.get(0).selection(), two.get(0).selection());
        assertEquals(one.get(0).selection(), random(5).get(0).selection());
    }

    private static List<LayerState> random(long seed) {
        List<LayerState> layers = Runs.layers(64, 0.5, 0.5);
        GregConfig config =
                GregConfig.l1().pickPruned(PickPruned.RAND).seed(seed).build();
        OneShot.choose(config, layers, Runs::rising);
        return layers;
    }
}
