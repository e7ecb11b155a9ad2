package greg.pruning.study;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A figure with two axes as an SVG file for the documents: lines and points, a legend, ticks at round numbers. The same data
 * give the same bytes. Colours can be told apart by people who cannot tell red from green (Okabe and Ito); lines also differ in
 * their dashes.
 */
public final class Figure {
    private static final String[] COLOURS = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};
    private static final String[] DASHES = {"", "7 4", "2 3", "9 3 2 3", "12 4", "1 2"};
    private static final int WIDTH = 960;
    private static final int HEIGHT = 420;
    private static final int LEFT = 76;
    private static final int RIGHT = 300;
    private static final int TOP = 40;
    private static final int BOTTOM = 52;
    private static final int LEGEND_LINE = 18;

    private final String title;
    private final Axis x;
    private final Axis y;
    private final List<Series> series = new ArrayList<>();

    private record Series(String name, double[] x, double[] y, boolean line) {}

    /**
     * An axis.
     *
     * @param label what is measured, with its unit
     * @param logarithmic whether equal distances are equal ratios; all values must be above 0 then
     */
    public record Axis(String label, boolean logarithmic) {
        /** Equal distances are equal differences. */
        public static Axis linear(String label) {
            return new Axis(label, false);
        }

        /** Equal distances are equal ratios. */
        public static Axis logarithmic(String label) {
            return new Axis(label, true);
        }

        private double scaled(double value) {
            return logarithmic ? Math.log10(value) : value;
        }
    }

    /** Without data yet. */
    public Figure(String title, Axis x, Axis y) {
        this.title = title;
        this.x = x;
        this.y = y;
    }

    /** Adds a line through these points. */
    public Figure line(String name, double[] xs, double[] ys) {
        return add(new Series(name, xs, ys, true));
    }

    /** Adds points. */
    public Figure points(String name, double[] xs, double[] ys) {
        return add(new Series(name, xs, ys, false));
    }

    private Figure add(Series more) {
        if (more.x.length != more.y.length || more.x.length == 0) {
            throw new IllegalArgumentException("figure: expected as many x as y of " + more.name
                    + ", at least one, got " + more.x.length + " and " + more.y.length);
        }
        for (int i = 0; i < more.x.length; i++) {
            if (!Double.isFinite(x.scaled(more.x[i])) || !Double.isFinite(y.scaled(more.y[i]))) {
                throw new IllegalArgumentException("figure: expected finite numbers that the axes can show, got "
                        + more.x[i] + ", " + more.y[i] + " in " + more.name);
            }
        }
        series.add(more);
        return this;
    }

    /** The file's content. */
    public String svg() {
        double[] xs = range(x, true);
        double[] ys = range(y, false);
        StringBuilder svg = new StringBuilder(format(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\""
                        + " font-family=\"sans-serif\" font-size=\"13\">%n",
                WIDTH, HEIGHT, WIDTH, HEIGHT));
        svg.append(format("<rect width=\"%d\" height=\"%d\" fill=\"white\"/>%n", WIDTH, HEIGHT));
        svg.append(format(
                "<text x=\"%d\" y=\"22\" font-size=\"15\" font-weight=\"bold\">%s</text>%n", LEFT, escape(title)));
        axes(svg, xs, ys);
        for (int s = 0; s < series.size(); s++) draw(svg, s, xs, ys);
        for (int s = 0; s < series.size(); s++) legend(svg, s);
        return svg.append("</svg>\n").toString();
    }

    private void draw(StringBuilder svg, int s, double[] xs, double[] ys) {
        Series of = series.get(s);
        String colour = COLOURS[s % COLOURS.length];
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < of.x.length; i++) {
            double px = across(x.scaled(of.x[i]), xs);
            double py = up(y.scaled(of.y[i]), ys);
            if (of.line) points.append(format("%.1f,%.1f ", px, py));
            else points.append(format("M%.1f %.1fh0", px, py));
        }
        if (of.line) {
            svg.append(format(
                    "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" stroke-dasharray=\"%s\" points=\"%s\"/>%n",
                    colour, DASHES[s % DASHES.length], points.toString().strip()));
        } else {
            // dots are lines of length 0 with round ends: one path for thousands of them
            boolean many = of.x.length > 200;
            svg.append(format(
                    "<path stroke=\"%s\" stroke-width=\"%d\" stroke-linecap=\"round\" stroke-opacity=\"%s\" d=\"%s\"/>%n",
                    colour, many ? 3 : 7, many ? "0.4" : "0.85", points));
        }
    }

    private void legend(StringBuilder svg, int s) {
        Series of = series.get(s);
        String colour = COLOURS[s % COLOURS.length];
        int left = WIDTH - RIGHT + 14;
        int py = TOP + 14 + s * LEGEND_LINE;
        svg.append(
                of.line
                        ? format(
                                "<path stroke=\"%s\" stroke-width=\"2\" stroke-dasharray=\"%s\" d=\"M%d %dh28\"/>%n",
                                colour, DASHES[s % DASHES.length], left, py - 4)
                        : format("<circle fill=\"%s\" cx=\"%d\" cy=\"%d\" r=\"4\"/>%n", colour, left + 14, py - 4));
        svg.append(format("<text x=\"%d\" y=\"%d\">%s</text>%n", left + 36, py, escape(of.name)));
    }

    private void axes(StringBuilder svg, double[] xs, double[] ys) {
        int floor = HEIGHT - BOTTOM;
        svg.append("<g stroke=\"#dddddd\" fill=\"none\">\n");
        for (double tick : ticks(xs, x)) {
            svg.append(format("<path d=\"M%.1f %dV%d\"/>%n", across(tick, xs), TOP, floor));
        }
        for (double tick : ticks(ys, y)) {
            svg.append(format("<path d=\"M%d %.1fH%d\"/>%n", LEFT, up(tick, ys), WIDTH - RIGHT));
        }
        svg.append("</g>\n");
        svg.append(format(
                "<path stroke=\"#444444\" fill=\"none\" d=\"M%d %dV%dH%d\"/>%n", LEFT, TOP, floor, WIDTH - RIGHT));
        for (double tick : ticks(xs, x)) {
            svg.append(format(
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n",
                    across(tick, xs), floor + 18, number(tick, x)));
        }
        for (double tick : ticks(ys, y)) {
            svg.append(format(
                    "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>%n",
                    LEFT - 8, up(tick, ys) + 4, number(tick, y)));
        }
        svg.append(format(
                "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>%n",
                (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, escape(x.label)));
        int middle = (TOP + floor) / 2;
        svg.append(format(
                "<text x=\"18\" y=\"%d\" text-anchor=\"middle\" transform=\"rotate(-90 18 %d)\">%s</text>%n",
                middle, middle, escape(y.label)));
    }

    /** Smallest and largest scaled value of all series, a little apart from the frame. */
    private double[] range(Axis axis, boolean horizontal) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (Series of : series) {
            for (double value : horizontal ? of.x : of.y) {
                low = Math.min(low, axis.scaled(value));
                high = Math.max(high, axis.scaled(value));
            }
        }
        if (!(low < high)) return new double[] {low - 0.5, low + 0.5};
        double margin = 0.04 * (high - low);
        return new double[] {low - margin, high + margin};
    }

    /** Scaled values at multiples of 1, 2 or 5 times a power of ten, or on a logarithmic axis at powers of ten. */
    private static double[] ticks(double[] range, Axis axis) {
        double rough = (range[1] - range[0]) / 6;
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        double factor = rough / power;
        double step = power * (factor > 5 ? 10 : factor > 2 ? 5 : factor > 1 ? 2 : 1);
        if (axis.logarithmic) step = Math.max(1, Math.rint(step));
        List<Double> ticks = new ArrayList<>();
        for (long k = (long) Math.ceil(range[0] / step); k * step <= range[1]; k++) ticks.add(k * step);
        return ticks.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static double across(double value, double[] range) {
        return LEFT + (value - range[0]) / (range[1] - range[0]) * (WIDTH - LEFT - RIGHT);
    }

    private static double up(double value, double[] range) {
        return HEIGHT - BOTTOM - (value - range[0]) / (range[1] - range[0]) * (HEIGHT - TOP - BOTTOM);
    }

    /** As short as six digits allow: 0.25, -3, 1e-05. */
    private static String number(double tick, Axis axis) {
        double value = axis.logarithmic ? Math.pow(10, tick) : tick;
        if (value == 0) return "0";
        double size = Math.abs(value);
        if (size < 1e-3 || size >= 1e6) return format("%.0e", value);
        String digits = format("%.6f", value).replaceAll("0+$", "");
        return digits.endsWith(".") ? digits.substring(0, digits.length() - 1) : digits;
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format.replace("%n", "\n"), values);
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
