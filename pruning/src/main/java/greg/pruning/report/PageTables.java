package greg.pruning.report;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/** The tables of a page about one run: they can be read where no script runs. */
final class PageTables {
    private final RunRecord run;
    private final GrowthCurves growth;

    PageTables(RunRecord run, GrowthCurves growth) {
        this.run = run;
        this.growth = growth;
    }

    /** Size and speed of the whole network, before and after. */
    String sizes() {
        Field report = run.report();
        if (report == null) return "";
        List<List<String>> rows = new ArrayList<>();
        size(rows, "parameters", report.get("all_params"));
        size(rows, "multiply-accumulates", report.get("macs"));
        for (Speed speed : run.speeds()) {
            rows.add(List.of(
                    "measured, batch " + speed.batch(),
                    format("%.3f ms", speed.denseMillis()),
                    format("%.3f ms", speed.prunedMillis()),
                    format("%.2fx", speed.speedup())));
        }
        return Html.table("numbers", List.of("", "before", "after", "before / after"), Html.escape(rows));
    }

    private static void size(List<List<String>> rows, String name, Field pair) {
        double before = pair.get("before").number();
        double after = pair.get("after").number();
        rows.add(List.of(name, format("%,.0f", before), format("%,.0f", after), format("%.2fx", before / after)));
    }

    /** Each layer before and after: filters, multiply-accumulates, measured time; bars in scale within a column. */
    String layers() {
        Map<String, LayerSize> sizes = layerSizes();
        Set<String> names = new LinkedHashSet<>(sizes.keySet());
        List<Map<String, LayerSpeed>> times = new ArrayList<>();
        for (Speed speed : run.speeds()) {
            Map<String, LayerSpeed> byName = new LinkedHashMap<>();
            speed.layers().forEach(layer -> byName.put(layer.layer(), layer));
            if (byName.isEmpty()) continue;
            times.add(byName);
            names.addAll(byName.keySet());
        }
        if (names.isEmpty()) return "";
        List<String> titles = new ArrayList<>(List.of("layer"));
        if (!sizes.isEmpty()) titles.addAll(List.of("filters", "multiply-accumulates"));
        for (Speed speed : run.speeds()) if (!speed.layers().isEmpty()) titles.add("ms, batch " + speed.batch());
        long filters = largest(sizes, size -> size.filters().before());
        long macs = largest(sizes, size -> size.macs().before());
        List<List<String>> rows = new ArrayList<>();
        for (String name : names) {
            List<String> cells = new ArrayList<>(List.of(Html.escape(name)));
            LayerSize size = sizes.get(name);
            if (!sizes.isEmpty()) {
                cells.add(size == null ? "" : bar("%,.0f", size.filters(), filters));
                cells.add(size == null ? "" : bar("%,.0f", size.macs(), macs));
            }
            for (Map<String, LayerSpeed> byName : times) {
                double slowest = byName.values().stream()
                        .mapToDouble(t -> Math.max(t.denseMillis(), t.prunedMillis()))
                        .max()
                        .orElse(0);
                LayerSpeed time = byName.get(name);
                cells.add(time == null ? "" : bar("%.3f", time.denseMillis(), time.prunedMillis(), slowest));
            }
            rows.add(cells);
        }
        return Html.table("bars", titles, rows);
    }

    private static long largest(Map<String, LayerSize> sizes, ToLongFunction<LayerSize> number) {
        return sizes.values().stream().mapToLong(number).max().orElse(0);
    }

    private Map<String, LayerSize> layerSizes() {
        Map<String, LayerSize> sizes = new LinkedHashMap<>();
        if (run.plan() == null) return sizes; // that of an earlier version has no sizes
        for (Field layer : run.plan().get("layers").elements()) {
            sizes.putIfAbsent(
                    layer.get("layer").text(),
                    new LayerSize(
                            layer.get("layer").text(),
                            pair(layer.get("filters")),
                            pair(layer.get("params")),
                            pair(layer.get("macs"))));
        }
        return sizes;
    }

    private static SizeChange.Pair pair(Field field) {
        return new SizeChange.Pair(
                field.get("before").integer(), field.get("after").integer());
    }

    private static String bar(String format, SizeChange.Pair pair, long most) {
        return bar(format, pair.before(), pair.after(), most);
    }

    private static String bar(String format, double before, double after, double most) {
        String text = format(format, before) + (after == before ? "" : " \u2192 " + format(format, after));
        return format(
                "<span class=\"bar\" style=\"--b:%.1f%%;--a:%.1f%%\">%s</span>",
                share(before, most), share(after, most), text);
    }

    private static double share(double value, double most) {
        return most > 0 ? Math.min(100, Math.max(0, 100 * value / most)) : 0;
    }

    /** What the method chose in each layer, beside what L1 would have chosen in the base network. */
    String overlap() {
        List<GrowthCurves.Moment> moments = growth.moments();
        if (moments.isEmpty()
                || moments.get(0).iteration() != 0
                || growth.times().pick() == 0) return "";
        Map<String, GrowthCurves.Groups> first = moments.get(0).layers();
        Map<String, GrowthCurves.Groups> last = moments.get(moments.size() - 1).layers();
        List<List<String>> rows = new ArrayList<>();
        first.forEach((name, l1) -> {
            GrowthCurves.Groups own = last.get(name);
            if (own == null || own.pruned().isEmpty() || own.scores().isEmpty()) return;
            Set<Integer> both = new HashSet<>(own.pruned());
            both.retainAll(l1.pruned());
            int gone = own.pruned().size();
            int groups = own.scores().size();
            double share = 100.0 * both.size() / gone;
            rows.add(List.of(
                    Html.escape(name),
                    gone + " of " + groups,
                    format(
                            "<span class=\"bar\" style=\"--b:100%%;--a:%.1f%%\">%d of %d (%.0f%%)</span>",
                            share, both.size(), gone, share),
                    format("%.0f%%", 100.0 * gone / groups)));
        });
        if (rows.isEmpty()) return "";
        return Html.table("bars", List.of("layer", "groups that go", "that L1 would take too", "by chance"), rows);
    }

    /** Every setting, and what it ran on. */
    String settings() {
        Map<String, String> all = new LinkedHashMap<>();
        Field config = run.config();
        for (String name : List.of("arch", "seed", "precision", "version", "commit", "java", "os")) {
            all.put(name, text(config.get(name)));
        }
        nested(all, "device", config.get("device"));
        nested(all, "dataset", config.get("dataset"));
        nested(all, run.isPruning() ? "pruning" : "options", config.get(run.isPruning() ? "pruning" : "options"));
        List<List<String>> rows = new ArrayList<>();
        all.forEach((name, value) -> {
            if (!value.isEmpty()) rows.add(List.of(name, value));
        });
        return Html.table("settings", List.of("setting", "value"), Html.escape(rows));
    }

    private static void nested(Map<String, String> all, String path, Field field) {
        if (field.value().isObject()) field.members().forEach((name, value) -> nested(all, path + "." + name, value));
        else all.put(path, text(field));
    }

    private static String text(Field field) {
        if (!field.isThere()) return "";
        return field.value().isTextual() ? field.text() : field.value().toString();
    }

    /** Wall time by phase. */
    String seconds() {
        if (run.report() == null) return "";
        List<List<String>> rows = new ArrayList<>();
        run.report()
                .get("seconds")
                .members()
                .forEach((phase, time) -> rows.add(List.of(phase, format("%,.1f s", time.number()))));
        return Html.table("numbers", List.of("phase", "wall time"), Html.escape(rows));
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
