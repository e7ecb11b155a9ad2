package greg.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.bench.TrainStepWorkload;
import greg.bench.peers.TorchStep.MemoryFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * libtorch through DJL against PyTorch 1.13 on the CPU, whose numbers this script printed:
 *
 * <pre>{@code
 * import numpy as np, torch, torch.nn as nn, torch.nn.functional as F
 *
 * def uniform(stream, n):
 *     with np.errstate(over='ignore'):
 *         z = ((np.uint64(stream) << np.uint64(32)) + np.arange(1, n + 1, dtype=np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
 *         z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
 *         z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
 *     return ((z ^ (z >> np.uint64(31))) >> np.uint64(40)).astype(np.int64)
 *
 * def real(stream, shape, bound):
 *     u = uniform(stream, int(np.prod(shape))) * 2.0 ** -23 - 1
 *     return torch.from_numpy((u * bound).astype(np.float32)).reshape(shape)
 *
 * class Block(nn.Module):
 *     def __init__(self, i, o, s):
 *         super().__init__()
 *         self.conv1 = nn.Conv2d(i, o, 3, s, 1, bias=False); self.bn1 = nn.BatchNorm2d(o)
 *         self.conv2 = nn.Conv2d(o, o, 3, 1, 1, bias=False); self.bn2 = nn.BatchNorm2d(o)
 *         self.grow = o - i
 *     def forward(self, x):
 *         y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
 *         if self.grow:
 *             x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.grow // 2, self.grow // 2))
 *         return F.relu(x + y)
 *
 * class Net(nn.Module):
 *     def __init__(self, depth):
 *         super().__init__()
 *         n = (depth - 2) // 6
 *         self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False); self.bn1 = nn.BatchNorm2d(16)
 *         i = 16
 *         for k, o in enumerate((16, 32, 64)):
 *             blocks = []
 *             for b in range(n):
 *                 blocks.append(Block(i, o, 2 if k and not b else 1)); i = o
 *             setattr(self, f'layer{k + 1}', nn.Sequential(*blocks))
 *         self.linear = nn.Linear(64, 10)
 *     def forward(self, x):
 *         x = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
 *         return self.linear(x.mean((2, 3)))
 *
 * for depth in (20, 56):
 *     net = Net(depth)
 *     with torch.no_grad():
 *         for s, (name, p) in enumerate(net.named_parameters(), 2):
 *             if p.dim() > 1: p.copy_(real(s, p.shape, (6 / p[0].numel()) ** 0.5))
 *             elif name == 'linear.bias': p.copy_(real(s, p.shape, 0.125))
 *     x, y = real(0, (8, 3, 32, 32), 3 ** 0.5), torch.from_numpy(uniform(1, 8) % 10)
 *     opt = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9, weight_decay=5e-4)
 *     losses = []
 *     for _ in range(5):
 *         opt.zero_grad(); loss = F.cross_entropy(net(x), y); loss.backward(); opt.step(); losses.append(loss.item())
 *     print(depth, losses, sum(p.numel() for p in net.parameters()))
 *     print([n for n,_ in net.named_parameters()][:8], x[7,2,31,31].item(), y.tolist(), x.flatten()[:2].tolist())
 * }</pre>
 */
class TorchStepTest {
    private static final float[] RESNET20 = {
        3.588479995727539f, 2.8607163429260254f, 2.0593104362487793f, 1.5084590911865234f, 1.1155234575271606f
    };
    private static final float[] RESNET56 = {
        8.239126205444336f, 3.3338441848754883f, 1.2118189334869385f, 0.4592299461364746f, 0.1212250366806984f
    };

    @ParameterizedTest
    @EnumSource
    void followsPyTorchOnResNet20(MemoryFormat format) {
        try (TorchStep step = new TorchStep(TrainStepWorkload.of("resnet20", 8), 1, format)) {
            follow(step, RESNET20);
        }
    }

    @ParameterizedTest
    @EnumSource
    void followsPyTorchOnResNet56(MemoryFormat format) {
        try (TorchStep step = new TorchStep(TrainStepWorkload.of("resnet56", 8), 1, format)) {
            follow(step, RESNET56);
        }
    }

    /** With equal logits no gradient reaches the layers below, so weight decay is all that moves them: w (1 - lr wd). */
    @ParameterizedTest
    @EnumSource
    void takesOtherWeightsAndDecaysAllOfThem(MemoryFormat format) {
        TrainStepWorkload work = TrainStepWorkload.of("resnet20", 4);
        Map<String, float[]> weights = work.parameters();
        weights.put("linear.weight", new float[640]);
        weights.put("linear.bias", new float[10]);
        try (TorchStep step = new TorchStep(work, 1, format, weights)) {
            assertTrue(Float.isNaN(step.loss()), "no loss before the first step");
            step.step();
            close("loss of equal logits", (float) Math.log(10), step.loss(), 1e-6f);
            for (String name : List.of("conv1.weight", "layer2.0.conv1.weight", "layer3.2.bn2.weight")) {
                float[] before = weights.get(name);
                float[] after = step.parameter(name);
                assertEquals(before.length, after.length, name);
                for (int i = 0; i < before.length; i++) {
                    float expected = (float) (before[i] * (1 - 0.01 * 5e-4));
                    close(name + "[" + i + "]", expected, after[i], 2e-7f * Math.abs(expected));
                }
            }
        }
    }

    @Test
    void aStepLeavesNoTensorBehind() {
        try (TorchStep step = new TorchStep(TrainStepWorkload.of("resnet20", 2), 1, MemoryFormat.CHANNELS_LAST)) {
            step.step(); // makes the momentum
            int held = step.heldTensors();
            for (int i = 0; i < 5; i++) {
                step.step();
            }
            assertEquals(held, step.heldTensors());
        }
    }

    @Test
    void refusesWeightsOfAnotherNetwork() {
        TrainStepWorkload work = TrainStepWorkload.of("resnet20", 1);
        Map<String, float[]> missing = work.parameters();
        missing.remove("bn1.bias");
        assertThrows(IllegalArgumentException.class, () -> new TorchStep(work, 1, MemoryFormat.CONTIGUOUS, missing));
        Map<String, float[]> small = work.parameters();
        small.put("bn1.bias", new float[15]);
        assertThrows(IllegalArgumentException.class, () -> new TorchStep(work, 1, MemoryFormat.CONTIGUOUS, small));
        assertThrows(IllegalArgumentException.class, () -> new TorchStep(work, 0, MemoryFormat.CONTIGUOUS));
    }

    /**
     * The first loss to 1e-4. Later ones more loosely: PyTorch itself in float, in channels-last order and in double is
     * apart by 7e-4 at the second loss of ResNet-56 and by 1e-2 at the fourth; without momentum the third would be off by
     * tenths.
     */
    private static void follow(TorchStep step, float[] losses) {
        for (int i = 0; i < losses.length; i++) {
            step.step();
            close("loss of step " + (i + 1), losses[i], step.loss(), i == 0 ? 1e-4f : 3e-3f * losses[0]);
        }
    }

    private static void close(String what, float expected, float actual, float tolerance) {
        assertTrue(Math.abs(actual - expected) <= tolerance, what + ": expected " + expected + ", got " + actual);
    }
}
