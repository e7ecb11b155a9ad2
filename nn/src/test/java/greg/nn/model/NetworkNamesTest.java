package greg.nn.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.kernels.Backend;
import greg.kernels.dry.DryBackend;
import greg.nn.NnModule;
import greg.nn.Parameter;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Number of trainable elements, number of tensors, and SHA-256 (its first 16 digits) over the lines "name dimensions" of
 * the state dict, as {@code python3 networks.py count} in the test resources prints them for torchvision 0.14 and for the
 * script's own Wide ResNets, MLP and small AlexNet.
 */
class NetworkNamesTest {
    @ParameterizedTest
    @CsvSource({
        "resnet18, 3, 32, 1000, 11689512, 102, 33f42e9d4f4b0f12",
        "resnet34, 3, 32, 1000, 21797672, 182, 5143590bd3f12b41",
        "resnet50, 3, 32, 1000, 25557032, 267, 4cbfe8108cdf5547",
        "resnet101, 3, 32, 1000, 44549160, 522, 5be0d9031c71ce91",
        "resnet152, 3, 32, 1000, 60192808, 777, 5f1244bdb5a982dd",
        "vgg11, 3, 224, 1000, 132863336, 22, 6fb51e64f39daf03",
        "vgg11_bn, 3, 224, 1000, 132868840, 54, 4903c9b0375ea7df",
        "vgg13, 3, 224, 1000, 133047848, 26, 706ed6e351a36536",
        "vgg13_bn, 3, 224, 1000, 133053736, 66, b10eabd16494bec9",
        "vgg16, 3, 224, 1000, 138357544, 32, 390ecfd46b10e2b3",
        "vgg16_bn, 3, 224, 1000, 138365992, 84, d66972188c91efb8",
        "vgg19, 3, 224, 1000, 143667240, 38, 44b0baff14322d40",
        "vgg19_bn, 3, 224, 1000, 143678248, 102, ad27763f3a0e9c49",
        "alexnet, 3, 224, 1000, 61100840, 16, 652561eca6d7c62b",
        "mobilenet_v2, 3, 32, 1000, 3504872, 262, b0c22ca02bbfee5d",
        "wrn_16_4, 3, 32, 10, 2748890, 70, 17b362716b335061",
        "wrn_16_8, 3, 32, 10, 10961370, 70, 561b7fba81b9614d",
        "wrn_22_8, 3, 32, 10, 17158106, 100, 20fb66f8e8f61a98",
        "wrn_28_10, 3, 32, 10, 36479194, 130, 13869932e2077136",
        "wrn_40_2, 3, 32, 10, 2243546, 190, 3fbf89692b28fc7d",
        "wrn_40_4, 3, 32, 10, 8949210, 190, 70bd61af62dd1c9d",
        "mlp_7_linear, 1, 28, 10, 130010, 14, 321b86ee535b333a",
        "alexnet, 3, 32, 10, 2472266, 12, d6f958aaedf3a9da"
    })
    void asInTorchvision(String arch, int channels, int size, int classes, long count, int tensors, String digest)
            throws NoSuchAlgorithmException {
        try (Backend backend = new DryBackend();
                NnModule net = Networks.create(arch, backend, channels, size, classes)) {
            assertEquals(count, net.parameterCount(), arch + ": trainable elements");
            StringBuilder lines = new StringBuilder();
            net.visit((path, m) -> {
                list(lines, path, m.ownParameters());
                list(lines, path, m.ownBuffers());
            });
            assertEquals(tensors, lines.chars().filter(c -> c == '\n').count(), arch + ": tensors");
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest(lines.toString().getBytes(StandardCharsets.UTF_8));
            assertEquals(digest, HexFormat.of().formatHex(hash, 0, 8), () -> arch + ":\n" + lines);
        }
    }

    private static void list(StringBuilder lines, String path, Map<String, Parameter> tensors) {
        tensors.forEach((name, p) -> lines.append(path)
                .append('.')
                .append(name)
                .append(' ')
                .append(Arrays.stream(p.tensor().shape().dims())
                        .mapToObj(Integer::toString)
                        .collect(Collectors.joining("x")))
                .append('\n'));
    }
}
