package greg.kernels.cpu;

import greg.kernels.inference.InferenceGraph;
import java.util.ArrayList;
import java.util.List;

/** A program with memory of its own: takes a few images at a time from their batch through the whole network. */
final class InferenceLane implements AutoCloseable {
    private final InferenceProgram program;
    private final int images;
    private final int[] input;
    private final int outputs;
    private final float[] staged;
    private final List<HostBlock> slots = new ArrayList<>();
    private final List<List<InferenceStep>> steps = new ArrayList<>();
    private final HostBlock in;
    private final HostBlock out;

    InferenceLane(OneDnn dnn, InferenceProgram program) {
        this.program = program;
        InferenceGraph graph = program.graph();
        images = program.images();
        input = graph.input();
        outputs = graph.length(graph.output());
        staged = new float[Math.multiplyExact(images, graph.length(0))];
        try {
            for (int length : program.slots().lengths()) {
                HostBlock block = HostBlock.require((long) Float.BYTES * images * length);
                slots.add(block);
                block.fill(0);
            }
            for (List<InferenceCall> calls : program.calls()) {
                List<InferenceStep> bound = new ArrayList<>();
                steps.add(bound);
                for (InferenceCall call : calls) {
                    bound.add(OneDnn.scoped(() -> new InferenceStep(dnn, call, this::block)));
                }
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
        in = block(0);
        out = block(graph.output());
    }

    private HostBlock block(int value) {
        return slots.get(program.slots().of(value));
    }

    /** Images {@code from} to {@code to} of a batch. */
    void run(float[] batch, int from, int to, float[] results) {
        for (int first = from; first < to; first += images) {
            int count = Math.min(images, to - first);
            load(batch, first, count);
            for (List<InferenceStep> node : steps) {
                for (InferenceStep step : node) step.run();
            }
            out.read(0, results, first * outputs, count * outputs);
        }
    }

    /** Channels first to channels last. */
    private void load(float[] batch, int first, int count) {
        int channels = input[1];
        int pixels = input[2] * input[3];
        for (int image = 0; image < count; image++) {
            for (int c = 0; c < channels; c++) {
                int source = ((first + image) * channels + c) * pixels;
                int target = image * channels * pixels + c;
                for (int p = 0; p < pixels; p++) staged[target + p * channels] = batch[source + p];
            }
        }
        in.write(0, staged, 0, count * channels * pixels);
    }

    /** Sets the time of each node, for as many images as the program takes at a time. */
    void time(long[] nanos) {
        for (int i = 0; i < nanos.length; i++) {
            long start = System.nanoTime();
            for (InferenceStep step : steps.get(i)) step.run();
            nanos[i] = System.nanoTime() - start;
        }
    }

    @Override
    public void close() {
        steps.forEach(node -> node.forEach(InferenceStep::close));
        slots.forEach(HostBlock::free);
    }
}
