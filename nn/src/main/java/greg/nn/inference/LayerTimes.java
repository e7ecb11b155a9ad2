package greg.nn.inference;

import greg.kernels.Backend;
import greg.kernels.inference.InferenceGraph;
import greg.kernels.inference.InferenceNode;
import greg.kernels.inference.InferenceNode.Convolution;
import greg.kernels.inference.InferenceNode.Pooling;
import greg.kernels.inference.InferencePlan;
import greg.nn.NnModule;
import greg.nn.io.AtomicFile;
import greg.nn.io.CheckpointException;
import greg.tensor.Shape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How long a machine takes for each layer of each width: measured when it is first asked for, and kept in a file for the next
 * time. The time of a network is the sum over its convolutions, fully connected layers and poolings; the rest is folded into
 * them, or takes next to nothing.
 */
public final class LayerTimes {
    private static final String SEPARATOR = "\t";
    private static final int TRIALS = 9;

    private final Backend backend;
    private final int images;
    private final Path file;
    private final String machine;
    private final Map<String, Long> known = new TreeMap<>();
    private boolean changed;

    /**
     * The table of this machine.
     *
     * @param backend to measure on; one that runs networks as wholes
     * @param images per forward pass
     * @param file to keep the table in; lines of other machines stay in it, and those that are none are left out
     */
    public LayerTimes(Backend backend, int images, Path file) {
        this.backend = backend;
        this.images = images;
        this.file = file;
        machine = String.join(
                SEPARATOR,
                backend.device().name(),
                backend.device().instructionSet(),
                Integer.toString(backend.device().threads()),
                Integer.toString(images));
        read();
    }

    private void read() {
        try {
            if (!Files.isRegularFile(file)) return;
            for (String line : Files.readString(file, StandardCharsets.UTF_8).split("\n")) {
                int last = line.lastIndexOf(SEPARATOR);
                if (last > 0 && line.substring(last + 1).matches("[1-9]\\d{0,14}")) {
                    known.put(line.substring(0, last), Long.parseLong(line.substring(last + 1)));
                }
            }
        } catch (IOException e) {
            known.clear(); // then everything is measured
        }
    }

    /**
     * The time of a forward pass in nanoseconds.
     *
     * @param network on any backend; on {@link greg.kernels.dry.DryBackend} nothing is computed but layers that are not known
     * @param image (1, C, H, W)
     * @throws IllegalArgumentException if the network, or any on this backend, is run op by op
     */
    public long of(NnModule network, Shape image) {
        long sum = 0;
        for (InferenceNode node : Inference.graph(network, image).nodes()) sum += of(node);
        return sum;
    }

    private long of(InferenceNode node) {
        InferenceGraph alone;
        String what;
        if (node instanceof Convolution conv) {
            what = conv.spec() + " " + conv.activation();
            Convolution free = new Convolution(
                    conv.name(),
                    conv.spec(),
                    0,
                    Convolution.NO_RESIDUAL,
                    conv.weight(),
                    conv.bias(),
                    conv.activation());
            alone = new InferenceGraph(conv.spec().xDims(), List.of(free));
        } else if (node instanceof Pooling pooling) {
            what = pooling.spec().toString();
            alone = new InferenceGraph(pooling.spec().xDims(), List.of(new Pooling(pooling.name(), pooling.spec(), 0)));
        } else {
            return 0;
        }
        String key = machine + SEPARATOR + what;
        Long time = known.get(key);
        if (time != null) return time;
        long measured = measure(alone);
        known.put(key, measured);
        changed = true;
        return measured;
    }

    /** The shortest of a few passes. */
    private long measure(InferenceGraph graph) {
        try (InferencePlan plan = backend.inference(graph, images)) {
            if (plan == null) throw new IllegalArgumentException(backend.name() + " runs networks op by op");
            long least = Long.MAX_VALUE;
            for (int trial = 0; trial < TRIALS; trial++) {
                long[] nanos = new long[1];
                plan.time(nanos);
                least = Math.min(least, Math.max(1, nanos[0]));
            }
            return least;
        }
    }

    /** Writes what is new to the file; where that is not possible, the next process measures again. */
    public void save() {
        if (!changed) return;
        StringBuilder text = new StringBuilder();
        known.forEach(
                (key, nanos) -> text.append(key).append(SEPARATOR).append(nanos).append('\n'));
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            AtomicFile.writeText(file, text.toString());
            changed = false;
        } catch (IOException | CheckpointException e) {
            changed = true;
        }
    }
}
