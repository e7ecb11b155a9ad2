package greg.bench;

import greg.kernels.Backend;
import greg.kernels.dry.DryBackend;
import greg.nn.NnModule;
import greg.nn.model.Networks;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The shapes of a network's trained parameters, in PyTorch's order: what a benchmark of an optimizer step needs to know.
 *
 * @param name of the network
 * @param shapes (O,I,H,W) for convolutions, (O,I) for linear weights, (C) for the rest
 */
public record ParameterSet(String name, List<int[]> shapes) {
    private static final Set<String> IMAGENET = Set.of("resnet18", "resnet34", "resnet50", "resnet101", "resnet152");

    /**
     * The parameters of an architecture: with 1000 classes those for ImageNet, with 10 the others.
     *
     * @param arch as in {@code greg prune --arch}
     * @throws IllegalArgumentException if there is no such architecture
     */
    public static ParameterSet of(String arch) {
        boolean imageNet = isForImageNet(arch);
        List<int[]> shapes = new ArrayList<>();
        try (Backend dry = new DryBackend();
                NnModule network = Networks.create(arch, dry, 3, imageNet ? 224 : 32, imageNet ? 1000 : 10)) {
            network.parameters()
                    .values()
                    .forEach(p -> shapes.add(p.tensor().shape().dims()));
        }
        return new ParameterSet(arch, List.copyOf(shapes));
    }

    /** Whether an architecture is one for images of 224 x 224 and 1000 classes. */
    public static boolean isForImageNet(String arch) {
        return IMAGENET.contains(arch);
    }

    /** Elements of one shape. */
    public static int elements(int[] shape) {
        int elements = 1;
        for (int d : shape) elements = Math.multiplyExact(elements, d);
        return elements;
    }

    /** Whether a parameter has a growing penalty: convolutions have one, per filter. */
    public static boolean penalised(int[] shape) {
        return shape.length == 4;
    }

    /** Elements of all parameters. */
    public long elements() {
        return shapes.stream().mapToLong(ParameterSet::elements).sum();
    }

    /** Elements of those that have a penalty. */
    public long penalisedElements() {
        return shapes.stream()
                .filter(ParameterSet::penalised)
                .mapToLong(ParameterSet::elements)
                .sum();
    }
}
