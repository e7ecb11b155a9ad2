package greg.pruning.graph;

import java.util.Arrays;
import java.util.BitSet;

/** Single channels ("atoms") and which of them must stay or be removed together: a union-find with marks on its classes. */
final class Atoms {
    /** What is known of a class. */
    enum Mark {
        /** Planes of the image are in it. */
        IMAGE,
        /** Outputs of the network are in it. */
        OUTPUT,
        /** An addition has joined channels of it that were apart. */
        TIED
    }

    private int[] parent = new int[1024];
    private int count;
    private final BitSet[] marks = {new BitSet(), new BitSet(), new BitSet()};

    /** {@code n} new atoms, each on its own. */
    int[] fresh(int n) {
        if (count + n > parent.length) parent = Arrays.copyOf(parent, Math.max(2 * parent.length, count + n));
        int[] atoms = new int[n];
        for (int i = 0; i < n; i++) {
            parent[count] = count;
            atoms[i] = count++;
        }
        return atoms;
    }

    /** The representative of the atom's class. */
    int find(int atom) {
        int root = atom;
        while (parent[root] != root) root = parent[root];
        while (parent[atom] != root) {
            int next = parent[atom];
            parent[atom] = root;
            atom = next;
        }
        return root;
    }

    /** Puts both into one class; false if they were already. */
    boolean union(int a, int b) {
        int ra = find(a);
        int rb = find(b);
        if (ra == rb) return false;
        int low = Math.min(ra, rb);
        int high = Math.max(ra, rb);
        parent[high] = low;
        for (BitSet marked : marks) if (marked.get(high)) marked.set(low);
        return true;
    }

    void mark(Mark mark, int... atoms) {
        for (int a : atoms) marks[mark.ordinal()].set(find(a));
    }

    boolean has(Mark mark, int atom) {
        return marks[mark.ordinal()].get(find(atom));
    }

    /** Whether one of them has it. */
    boolean any(Mark mark, int... atoms) {
        for (int a : atoms) if (has(mark, a)) return true;
        return false;
    }
}
