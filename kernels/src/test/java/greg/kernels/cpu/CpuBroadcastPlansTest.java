package greg.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertFalse;

import greg.kernels.DType;
import greg.kernels.spec.BiasSpec;
import greg.kernels.spec.GateSpec;
import org.junit.jupiter.api.Test;

/** One number per channel with an activation: oneDNN has fast code for it in every layout, if it is described well. */
class CpuBroadcastPlansTest {
    @Test
    void biasesAndGatesAreFastInEveryLayout() {
        OneDnn dnn = OneDnn.open(1);
        CpuElementwise elementwise = new CpuElementwise(dnn, null);
        CpuGate gate = new CpuGate(dnn, null);
        for (int channels : new int[] {13, 16, 48, 57}) {
            for (Layout layout : Layout.values()) {
                if (layout == Layout.BLOCKED16 && channels % Layout.BLOCK != 0) continue;
                for (DType type : CpuFixture.activationTypes()) {
                    Plan bias = elementwise.biasPlan(new BiasSpec(4, channels, 7, 7, false), type, layout);
                    Plan product = gate.plan(new GateSpec(4, channels, 7, 7), type, layout);
                    String what = channels + " channels " + layout + " of " + type + ": ";
                    assertFalse(OneDnn.naive(bias.implementation()), what + "bias by " + bias.implementation());
                    assertFalse(OneDnn.naive(product.implementation()), what + "gate by " + product.implementation());
                }
            }
        }
        gate.close();
        elementwise.close();
        dnn.close();
    }
}
