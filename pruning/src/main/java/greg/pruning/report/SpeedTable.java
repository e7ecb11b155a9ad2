package greg.pruning.report;

import java.util.List;
import java.util.Locale;

/** Measured times of forward passes, for people. */
public final class SpeedTable {
    private static final String ROW = "%-28s %11s %11s %9s %9s%n";

    private SpeedTable() {}

    /**
     * The networks as wholes, then where greg's time goes.
     *
     * @param theory multiply-accumulates before / after
     * @param pruned whether the second network is another than the first; if not, one column of times is shown
     */
    public static String of(List<Speed> speeds, double theory, boolean pruned) {
        StringBuilder text =
                new StringBuilder(row(pruned, "median ms for a batch", "before", "after", "speedup", "theory"));
        for (Speed speed : speeds) {
            text.append(row(
                    pruned,
                    speed.engine() + ", batch " + speed.batch(),
                    millis(speed.denseMillis()),
                    millis(speed.prunedMillis()),
                    times(speed.speedup()),
                    times(theory)));
        }
        for (Speed speed : speeds) {
            if (!speed.layers().isEmpty()) text.append('\n').append(layers(speed, pruned));
        }
        return text.toString();
    }

    /** Where the time of one measurement goes. */
    static String layers(Speed speed, boolean pruned) {
        StringBuilder text = new StringBuilder(
                row(pruned, "layer, ms at batch " + speed.batch(), "before", "after", "speedup", "theory"));
        for (LayerSpeed layer : speed.layers()) {
            List<String> cells = cells(layer);
            text.append(row(pruned, cells.get(0), cells.get(1), cells.get(2), cells.get(3), cells.get(4)));
        }
        return text.toString();
    }

    /** Name, before, after, measured speedup and that in theory. */
    static List<String> cells(LayerSpeed layer) {
        boolean counted = layer.denseMacs() > 0 && layer.prunedMacs() > 0;
        return List.of(
                layer.layer(),
                millis(layer.denseMillis()),
                millis(layer.prunedMillis()),
                layer.prunedMillis() > 0 ? times(layer.denseMillis() / layer.prunedMillis()) : "",
                counted ? times(layer.denseMacs() / (double) layer.prunedMacs()) : "");
    }

    private static String row(boolean pruned, String name, String before, String after, String speedup, String theory) {
        if (!pruned) return String.format(Locale.ROOT, "%-28s %11s%n", name, before.equals("before") ? "ms" : before);
        return String.format(Locale.ROOT, ROW, name, before, after, speedup, theory);
    }

    private static String millis(double millis) {
        return String.format(Locale.ROOT, "%.3f", millis);
    }

    private static String times(double ratio) {
        return String.format(Locale.ROOT, "%.2fx", ratio);
    }
}
