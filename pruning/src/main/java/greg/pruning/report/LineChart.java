package greg.pruning.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A chart as SVG text, for a page that loads nothing. Axes run from the smallest to the largest value;
 * values that are not finite, or not positive on a logarithmic axis, leave a gap.
 *
 * @param title what is shown
 * @param x label of the horizontal axis
 * @param y label of the vertical axis
 * @param logarithmic whether the vertical axis is
 * @param lines what is drawn
 */
record LineChart(String title, String x, String y, boolean logarithmic, List<Line> lines) {
    private static final int WIDTH = 720;
    private static final int HEIGHT = 300;
    private static final int LEFT = 64;
    private static final int RIGHT = 12;
    private static final int TOP = 28;
    private static final int BOTTOM = 40;
    private static final int TICKS = 5;

    /** One line; both arrays have one value per point. */
    record Line(String name, double[] x, double[] y) {}

    /** True if there are two points to draw a line between. */
    boolean hasContent() {
        return lines.stream().anyMatch(l -> drawable(l) > 1);
    }

    private long drawable(Line line) {
        long points = 0;
        for (double value : line.y) if (drawable(value)) points++;
        return points;
    }

    private boolean drawable(double value) {
        return Double.isFinite(value) && (!logarithmic || value > 0);
    }

    private double scaled(double value) {
        return logarithmic ? Math.log10(value) : value;
    }

    /** The chart. */
    String svg() {
        double[] xs = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
        double[] ys = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
        for (Line line : lines) {
            for (int i = 0; i < line.x.length; i++) {
                if (!drawable(line.y[i])) continue;
                include(xs, line.x[i]);
                include(ys, scaled(line.y[i]));
            }
        }
        widen(xs);
        widen(ys);
        StringBuilder svg = new StringBuilder();
        svg.append(format("<svg viewBox=\"0 0 %d %d\" role=\"img\">", WIDTH, HEIGHT));
        svg.append("<text class=\"title\" x=\"" + LEFT + "\" y=\"16\">" + escape(title) + "</text>");
        axes(svg, xs, ys);
        for (int i = 0; i < lines.size(); i++) {
            String colour = format("hsl(%d,65%%,42%%)", i * 360 / Math.max(1, lines.size()));
            for (String points : pieces(lines.get(i), xs, ys)) {
                svg.append(format(
                        "<polyline fill=\"none\" stroke=\"%s\" points=\"%s\"><title>%s</title></polyline>",
                        colour, points, escape(lines.get(i).name)));
            }
            if (lines.size() <= 6) {
                svg.append(format(
                        "<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>",
                        LEFT + 10 + i % 3 * 200, TOP + 14 + i / 3 * 14, colour, escape(lines.get(i).name)));
            }
        }
        return svg.append("</svg>").toString();
    }

    private static void include(double[] range, double value) {
        range[0] = Math.min(range[0], value);
        range[1] = Math.max(range[1], value);
    }

    /** An empty range would lead to a division by zero. */
    private static void widen(double[] range) {
        if (range[0] < range[1]) return;
        range[0] -= 0.5;
        range[1] = range[0] + 1;
    }

    private static double across(double value, double[] range) {
        return LEFT + (value - range[0]) / (range[1] - range[0]) * (WIDTH - LEFT - RIGHT);
    }

    private static double up(double value, double[] range) {
        return HEIGHT - BOTTOM - (value - range[0]) / (range[1] - range[0]) * (HEIGHT - TOP - BOTTOM);
    }

    private void axes(StringBuilder svg, double[] xs, double[] ys) {
        int floor = HEIGHT - BOTTOM;
        svg.append(format("<path class=\"axis\" fill=\"none\" d=\"M%d %dV%dH%d\"/>", LEFT, TOP, floor, WIDTH - RIGHT));
        for (int t = 0; t <= TICKS; t++) {
            double xv = xs[0] + (xs[1] - xs[0]) * t / TICKS;
            double yv = ys[0] + (ys[1] - ys[0]) * t / TICKS;
            svg.append(format(
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                    across(xv, xs), floor + 15, number(xv)));
            svg.append(format(
                    "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
                    LEFT - 6, up(yv, ys) + 4, number(logarithmic ? Math.pow(10, yv) : yv)));
        }
        svg.append(format(
                "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>", (LEFT + WIDTH) / 2, HEIGHT - 6, escape(x)));
        svg.append(format(
                "<text x=\"14\" y=\"%d\" text-anchor=\"middle\" transform=\"rotate(-90 14 %d)\">%s</text>",
                HEIGHT / 2, HEIGHT / 2, escape(y)));
    }

    /** The points of a line, cut where there is a gap. */
    private List<String> pieces(Line line, double[] xs, double[] ys) {
        List<String> pieces = new ArrayList<>();
        StringBuilder piece = new StringBuilder();
        for (int i = 0; i < line.x.length; i++) {
            if (drawable(line.y[i])) {
                piece.append(format("%.1f,%.1f ", across(line.x[i], xs), up(scaled(line.y[i]), ys)));
            } else if (!piece.isEmpty()) {
                pieces.add(piece.toString().strip());
                piece.setLength(0);
            }
        }
        if (!piece.isEmpty()) pieces.add(piece.toString().strip());
        return pieces;
    }

    private static String number(double value) {
        double size = Math.abs(value);
        if (size >= 1e5 || size > 0 && size < 1e-2) return format("%.1e", value);
        return size >= 100 || value == Math.rint(value) ? format("%.0f", value) : format("%.2f", value);
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    /** Text escaped for HTML. */
    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
