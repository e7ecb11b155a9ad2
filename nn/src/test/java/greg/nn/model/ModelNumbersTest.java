package greg.nn.model;

import static greg.nn.model.Waves.close;
import static greg.nn.model.Waves.wave;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.tensor.Backprop;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.CrossEntropyOp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * LeNet-5 (28x28) and a narrow VGG, forward and backward, against PyTorch 1.13:
 *
 * <pre>{@code
 * import math, torch
 * import torch.nn as nn, torch.nn.functional as F
 * torch.set_num_threads(1)
 * def wave(n, a, b, scale): return torch.tensor([scale * math.sin(a * i + b) for i in range(n)])
 * def fill(net):
 *     for k, p in enumerate(net.parameters()):
 *         one = 1.0 if p.dim() == 1 and isinstance(net, nn.Module) and k in net.norms else 0.0
 *         fan = p.numel() // p.shape[0] if p.dim() > 1 else 100
 *         p.data = one + wave(p.numel(), 0.7 + 0.1 * k, k, math.sqrt(3.0 / fan)).reshape(p.shape)
 * class LeNet5(nn.Module):
 *     norms = ()
 *     def __init__(self):
 *         super().__init__()
 *         self.conv1, self.conv2, self.conv3 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5), nn.Conv2d(16, 120, 5)
 *         self.fc1, self.fc2 = nn.Linear(120, 84), nn.Linear(84, 10)
 *     def forward(self, x):
 *         x = F.max_pool2d(F.relu(self.conv1(x)), 2)
 *         x = F.max_pool2d(F.relu(self.conv2(x)), 2)
 *         x = F.relu(self.conv3(x)).flatten(1)
 *         return self.fc2(F.relu(self.fc1(x)))
 * class Vgg(nn.Module):
 *     norms = (1, 4, 7)  # BN weights among the parameters
 *     def __init__(self):
 *         super().__init__()
 *         layers, c = [], 3
 *         for f in [4, 0, 6, 5]:
 *             if f == 0: layers += [nn.MaxPool2d(2)]
 *             else:
 *                 layers += [nn.Conv2d(c, f, 3, padding=1, bias=False), nn.BatchNorm2d(f), nn.ReLU()]
 *                 c = f
 *         self.features, self.classifier = nn.Sequential(*layers), nn.Linear(c, 3)
 *     def forward(self, x): return self.classifier(self.features(x).mean((2, 3)))
 * def show(net, x, labels):
 *     fill(net)
 *     y = net(x)
 *     loss = F.cross_entropy(y, labels)
 *     loss.backward()
 *     print(type(net).__name__, "loss", loss.item())
 *     print("logits", [round(v, 7) for v in y.flatten().tolist()])
 *     for n, p in net.named_parameters():
 *         g = p.grad.flatten().double()
 *         print('"%s", %.7g, %.7g,' % (n, g.norm(), g.dot(wave(len(g), 1.3, 0.5, 1.0).double())))
 *     for n, b in net.named_buffers(): print(n, b.tolist())
 *     net.eval()
 *     print("eval", [round(v, 7) for v in net(x).flatten().tolist()])
 * show(LeNet5(), wave(2 * 28 * 28, 0.37, 0.2, 1.0).reshape(2, 1, 28, 28), torch.tensor([3, 8]))
 * show(Vgg(), wave(4 * 3 * 8 * 8, 0.37, 0.2, 1.0).reshape(4, 3, 8, 8), torch.tensor([0, 2, 1, 1]))
 * }</pre>
 */
class ModelNumbersTest {
    private final Backend backend = Backends.open("reference", BackendOptions.standard());

    @AfterEach
    void closeBackend() {
        backend.close();
    }

    private record Expected(float loss, float[] logits, Map<String, double[]> gradients) {}

    private static Map<String, double[]> gradients(Object... nameNormProjection) {
        Map<String, double[]> map = new LinkedHashMap<>();
        for (int i = 0; i < nameNormProjection.length; i += 3) {
            map.put(
                    (String) nameNormProjection[i],
                    new double[] {(Double) nameNormProjection[i + 1], (Double) nameNormProjection[i + 2]});
        }
        return map;
    }

    @Test
    void leNet5() {
        Expected expected = new Expected(
                2.193751335144043f,
                new float[] {
                    0.0234855f,
                    -0.2475449f,
                    -0.1797557f,
                    0.0289384f,
                    -0.0837489f,
                    -0.2892412f,
                    -0.1382223f,
                    0.1115419f,
                    0.0198405f,
                    -0.1381321f,
                    0.0184033f,
                    -0.2552662f,
                    -0.189251f,
                    0.0187327f,
                    -0.0935215f,
                    -0.2974858f,
                    -0.1440153f,
                    0.1088494f,
                    0.0205503f,
                    -0.1340996f
                },
                gradients(
                        "conv1.weight",
                        0.1355241,
                        0.001926688,
                        "conv1.bias",
                        0.01508102,
                        -0.0002709523,
                        "conv2.weight",
                        1.164845,
                        0.2409591,
                        "conv2.bias",
                        0.04087048,
                        -0.03660921,
                        "conv3.weight",
                        1.359371,
                        0.01860429,
                        "conv3.bias",
                        0.1048479,
                        -0.5562183,
                        "fc1.weight",
                        0.2309469,
                        -0.0387568,
                        "fc1.bias",
                        0.1952536,
                        -0.09424208,
                        "fc2.weight",
                        0.5005944,
                        -0.5983464,
                        "fc2.bias",
                        0.6157809,
                        0.9249341));
        try (NnModule net = new LeNet5(backend, 1, 28, 10)) {
            Waves.fill(net, Set.of());
            check(net, Shape.of(2, 1, 28, 28), new int[] {3, 8}, expected);
        }
    }

    @Test
    void narrowVgg() {
        Expected expected = new Expected(
                1.3240633010864258f,
                new float[] {
                    0.015902f,
                    -0.7551132f,
                    0.1994395f,
                    0.1077195f,
                    -0.792577f,
                    0.118524f,
                    -0.0454634f,
                    -0.5369555f,
                    0.1973211f,
                    0.0506843f,
                    -0.9041897f,
                    0.2080386f
                },
                gradients(
                        "features.0.weight",
                        2.038896,
                        -5.183055,
                        "features.1.weight",
                        0.654531,
                        -0.1094406,
                        "features.1.bias",
                        0.2774647,
                        -0.07009598,
                        "features.4.weight",
                        2.451631,
                        2.105717,
                        "features.5.weight",
                        0.1949575,
                        0.1049466,
                        "features.5.bias",
                        0.1529122,
                        0.1265465,
                        "features.7.weight",
                        1.117029,
                        0.01172583,
                        "features.8.weight",
                        0.1689938,
                        0.02970432,
                        "features.8.bias",
                        0.2181645,
                        0.06387335,
                        "classifier.weight",
                        0.3431312,
                        0.002731592,
                        "classifier.bias",
                        0.3990242,
                        -0.2443146));
        try (NnModule net = new Vgg(backend, new int[] {4, Vgg.POOL, 6, 5}, true, 3, 3)) {
            Waves.fill(net, Set.of("features.1.weight", "features.5.weight", "features.8.weight"));
            Shape input = Shape.of(4, 3, 8, 8);
            check(net, input, new int[] {0, 2, 1, 1}, expected);
            Map<String, float[]> statistics = new LinkedHashMap<>();
            net.buffers().forEach((name, b) -> statistics.put(name, b.tensor().toHost()));
            close(
                    "features.5.running_mean",
                    new float[] {-0.02228836f, 0.005164404f, 0.02096665f, -0.01053035f, -0.01827165f, 0.01520656f},
                    statistics.get("features.5.running_mean"),
                    1e-6,
                    1e-5);
            close(
                    "features.5.running_var",
                    new float[] {0.9076661f, 0.9023139f, 0.9073479f, 0.9029618f, 0.9064127f, 0.9041230f},
                    statistics.get("features.5.running_var"),
                    1e-6,
                    1e-5);
            net.eval();
            try (Scope scope = Scope.open()) {
                Tensor x = scope.own(Tensor.of(backend, input, wave(768, 0.37, 0.2, 1)));
                float[] logits = {
                    -0.0208464f,
                    -0.3997181f,
                    0.132768f,
                    -0.0129199f,
                    -0.390223f,
                    0.1220784f,
                    -0.011312f,
                    -0.3842435f,
                    0.1187305f,
                    -0.0158517f,
                    -0.3973491f,
                    0.1270839f
                };
                close("logits in eval mode", logits, net.forward(x).toHost(), 1e-6, 2e-5);
            }
        }
    }

    private void check(NnModule net, Shape input, int[] labels, Expected expected) {
        try (Scope scope = Scope.open()) {
            Tensor x = scope.own(Tensor.of(backend, input, wave((int) input.size(), 0.37, 0.2, 1)));
            Tensor y = scope.own(Tensor.ofInts(backend, Shape.of(labels.length), labels));
            Tensor metrics = scope.own(Tensor.full(backend, Shape.of(3), 0));
            Tensor logits = net.forward(x);
            close("logits", expected.logits, logits.toHost(), 1e-6, 2e-5);
            Tensor loss = CrossEntropyOp.apply(logits, y, metrics);
            close("loss", new float[] {expected.loss}, loss.toHost(), 0, 1e-6);
            Backprop.run(loss);
            List<String> names = new ArrayList<>(net.parameters().keySet());
            assertEquals(List.copyOf(expected.gradients.keySet()), names);
            net.parameters().forEach((name, p) -> {
                float[] g = p.tensor().gradientToHost();
                double[] e = expected.gradients.get(name);
                // the projection cancels, so its rounding follows the norm
                assertTrue(Math.abs(Waves.norm(g) - e[0]) <= 2e-5 * e[0], name + ": norm " + Waves.norm(g));
                assertTrue(
                        Math.abs(Waves.projection(g) - e[1]) <= 2e-5 * e[0] + 2e-5 * Math.abs(e[1]),
                        name + ": projection " + Waves.projection(g));
            });
        }
    }
}
