package greg.pruning.growth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.pruning.graph.Granularity;
import greg.pruning.select.PickPruned;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class GregConfigTest {
    @Test
    void defaultsAreTheReferenceImplementations() {
        GregConfig c = GregConfig.builder().build();
        assertEquals(
                "0.001 64 5 40000 1.0 0.01 1.0E-5 1.0E-4 -1.0E-4 1000.0 1.0E-4 0.9",
                String.join(
                        " ",
                        "" + c.lrPrune(),
                        "" + c.batchSizePrune(),
                        "" + c.updateRegInterval(),
                        "" + c.stabilizeRegInterval(),
                        "" + c.regUpperLimit(),
                        "" + c.regUpperLimitPick(),
                        "" + c.regGranularityPick(),
                        "" + c.regGranularityPrune(),
                        "" + c.regGranularityRecover(),
                        "" + c.magRatioLimit(),
                        "" + c.weightDecay(),
                        "" + c.momentum()));
        assertEquals(Semantics.REFERENCE, c.semantics());
        assertEquals(0.00001f, c.finetune().schedule().at(75));
    }

    @Test
    void cifarCommands() {
        GregConfig c = GregConfig.builder().cifar().build();
        assertEquals(10, c.updateRegInterval());
        assertEquals(10_000, c.stabilizeRegInterval());
        assertEquals(128, c.batchSizePrune());
        assertEquals(5e-4, c.weightDecay());
        assertEquals(new FinetuneConfig("0:0.01,60:0.001,90:0.0001", 120, 128), c.finetune());
    }

    @Test
    void aBuilderHoldsEverySetting() {
        GregConfig c = GregConfig.builder()
                .method(PruningMethod.FIX_REG)
                .wg(Granularity.CHANNEL)
                .pickPruned(PickPruned.RAND)
                .semantics(Semantics.PAPER)
                .lrPrune(2)
                .batchSizePrune(3)
                .updateRegInterval(4)
                .stabilizeRegInterval(6)
                .regUpperLimit(7)
                .regUpperLimitPick(8)
                .regGranularityPick(9)
                .regGranularityPrune(10)
                .regGranularityRecover(11)
                .magRatioLimit(12)
                .weightDecay(13)
                .momentum(0.5)
                .blockLossGrad(true)
                .seed(14)
                .finetune(FinetuneConfig.CIFAR)
                .build();
        assertEquals(c, c.toBuilder().build());
    }

    @Test
    void badValuesNameTheirFlag() {
        refused("--lr-prune", b -> b.lrPrune(0));
        refused("--batch-size-prune", b -> b.batchSizePrune(0));
        refused("--update-reg-interval", b -> b.updateRegInterval(0));
        refused("--stabilize-reg-interval", b -> b.stabilizeRegInterval(-1));
        refused("--reg-upper-limit", b -> b.regUpperLimit(-1));
        refused("--reg-upper-limit-pick", b -> b.regUpperLimitPick(Double.NaN));
        refused("--reg-granularity-pick", b -> b.regGranularityPick(0));
        refused("--reg-granularity-prune", b -> b.regGranularityPrune(Double.POSITIVE_INFINITY));
        refused("--reg-granularity-recover", b -> b.regGranularityRecover(Double.NaN));
        refused("--mag-ratio-limit", b -> b.magRatioLimit(0));
        refused("--weight-decay", b -> b.weightDecay(-1e-4));
        refused("--momentum", b -> b.momentum(1));
    }

    @Test
    void aStepThatFloat32SwallowsIsRefused() {
        // 1e-9 is added until about 0.03, where half a unit in the last place exceeds it: never 1
        refused("--reg-granularity-prune", b -> b.regGranularityPrune(1e-9));
        refused("--reg-granularity-pick", b -> b.regGranularityPick(1e-11));
    }

    @Test
    void finetuning() {
        for (String bad : new String[] {"", "5:0.1", "0:x", "0:0.1,0:0.01", "0.1:0:3"}) {
            String message = assertThrows(IllegalArgumentException.class, () -> new FinetuneConfig(bad, 1, 1), bad)
                    .getMessage();
            assertTrue(message.startsWith("--lr-ft: "), message);
        }
        assertThrows(IllegalArgumentException.class, () -> new FinetuneConfig("0:0.1", -1, 1));
        assertThrows(IllegalArgumentException.class, () -> new FinetuneConfig("0:0.1", 1, 0));
    }

    @Test
    void namesAreExact() {
        for (PruningMethod m : PruningMethod.values()) {
            assertEquals(m, PruningMethod.parse(m.cliName()));
        }
        for (Granularity g : Granularity.values()) {
            assertEquals(g, Granularity.parse(g.cliName()));
        }
        for (PickPruned p : PickPruned.values()) {
            assertEquals(p, PickPruned.parse(p.cliName()));
        }
        for (Semantics s : Semantics.values()) {
            assertEquals(s, Semantics.parse(s.cliName()));
        }
        assertEquals(
                "--method: expected one of L1, GReg-1, GReg-2, FixReg, got 'greg-1'",
                assertThrows(IllegalArgumentException.class, () -> PruningMethod.parse("greg-1"))
                        .getMessage());
    }

    private static void refused(String flag, UnaryOperator<GregConfig.Builder> change) {
        GregConfig.Builder builder = change.apply(GregConfig.builder());
        String message = assertThrows(IllegalArgumentException.class, builder::build, flag)
                .getMessage();
        assertTrue(message.startsWith(flag + ": "), message);
        assertEquals(1, message.lines().count(), message);
    }
}
