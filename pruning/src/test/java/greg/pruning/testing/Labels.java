package greg.pruning.testing;

import java.util.ArrayList;
import java.util.List;

/**
 * Which channels belong together, kept the slow and obvious way: each channel has a number, and when two turn out to belong
 * together, one of their numbers is replaced by the other wherever it occurs.
 */
final class Labels {
    private final List<int[]> lists = new ArrayList<>();
    private int next;

    /** {@code n} new channels that belong to nothing yet. */
    int[] fresh(int n) {
        int[] list = new int[n];
        for (int i = 0; i < n; i++) list[i] = next++;
        return list(list);
    }

    /** A list of known channels, kept up to date from now on. */
    int[] list(int... channels) {
        lists.add(channels);
        return channels;
    }

    /** Position by position the same channels. */
    void same(int[] a, int[] b) {
        for (int i = 0; i < a.length; i++) same(a[i], b[i]);
    }

    /** The same channel. */
    void same(int a, int b) {
        if (a == b) return;
        for (int[] list : lists) for (int i = 0; i < list.length; i++) if (list[i] == b) list[i] = a;
    }
}
