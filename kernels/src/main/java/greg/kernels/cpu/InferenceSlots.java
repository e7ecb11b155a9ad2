package greg.kernels.cpu;

import greg.kernels.inference.InferenceGraph;
import greg.kernels.inference.InferenceNode;
import greg.kernels.inference.InferenceNode.Convolution;
import java.util.ArrayList;
import java.util.List;

/**
 * Which values share memory: one that nobody reads any more leaves its slot to another, so that what a network touches stays small
 * enough for a cache. A residual that is read for the last time leaves it to the sum.
 */
final class InferenceSlots {
    private final int[] slotOf;
    private final boolean[] inPlace;
    private final List<Integer> lengths = new ArrayList<>();

    InferenceSlots(InferenceGraph graph) {
        int values = graph.nodes().size() + 1;
        int[] last = graph.lastReaders();
        slotOf = new int[values];
        inPlace = new boolean[graph.nodes().size()];
        List<Integer> free = new ArrayList<>();
        slotOf[0] = take(free, graph.length(0));
        for (int i = 0; i < graph.nodes().size(); i++) {
            InferenceNode node = graph.nodes().get(i);
            int y = i + 1;
            if (node instanceof Convolution conv && conv.residual() != Convolution.NO_RESIDUAL) {
                // oneDNN's depthwise code reads beyond the end of a sum in place whose channels do not fill a register
                inPlace[i] = last[conv.residual()] == i
                        && conv.residual() != conv.x()
                        && conv.spec().groups() == 1;
            }
            slotOf[y] = inPlace[i] ? slotOf[((Convolution) node).residual()] : take(free, graph.length(y));
            for (int value : node.inputs()) {
                boolean released = last[value] == i && slotOf[value] != slotOf[y];
                if (released && !free.contains(slotOf[value])) free.add(slotOf[value]);
            }
            if (last[y] == 0) free.add(slotOf[y]); // nobody reads it
        }
    }

    /** The free slot that has to grow least, or a new one. */
    private int take(List<Integer> free, int length) {
        Integer best = null;
        for (Integer slot : free) {
            if (best == null || Math.abs(lengths.get(slot) - length) < Math.abs(lengths.get(best) - length)) {
                best = slot;
            }
        }
        if (best == null) {
            lengths.add(length);
            return lengths.size() - 1;
        }
        free.remove(best);
        lengths.set(best, Math.max(lengths.get(best), length));
        return best;
    }

    /** The slot of a value. */
    int of(int value) {
        return slotOf[value];
    }

    /** Whether a convolution adds its result to the residual where that lies. */
    boolean inPlace(int node) {
        return inPlace[node];
    }

    /** The floats that each slot has to hold for one image. */
    List<Integer> lengths() {
        return lengths;
    }
}
