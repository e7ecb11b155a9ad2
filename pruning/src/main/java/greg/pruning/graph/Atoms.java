package greg.pruning.graph;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Single channels ("atoms") and which of them must stay or go together: a union-find with two marks per class.
 */
final class Atoms {
    private int[] parent = new int[1024];
    private int count;
    private final BitSet fixed = new BitSet();
    private final BitSet tied = new BitSet();

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

    int count() {
        return count;
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

    /** From now on both go together; returns the representative. */
    int union(int a, int b) {
        int ra = find(a);
        int rb = find(b);
        int low = Math.min(ra, rb);
        int high = Math.max(ra, rb);
        parent[high] = low;
        if (fixed.get(high)) fixed.set(low);
        if (tied.get(high)) tied.set(low);
        return low;
    }

    /** These can never be removed: image planes, classes. */
    void fix(int[] atoms) {
        for (int a : atoms) fixed.set(find(a));
    }

    /** These meet in an addition. */
    void tie(int[] atoms) {
        for (int a : atoms) tied.set(find(a));
    }

    boolean isFixed(int atom) {
        return fixed.get(find(atom));
    }

    boolean isTied(int atom) {
        return tied.get(find(atom));
    }
}
