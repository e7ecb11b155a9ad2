package greg.kernels.grid;

import greg.kernels.Backend;
import greg.kernels.Backends;
import greg.kernels.KernelException;
import java.io.PrintStream;
import java.util.List;

/**
 * The process that a {@link RandomGrid} starts: runs cases until it is ended, and says on its standard output what it is about
 * to run before it runs it.
 */
final class GridWorker {
    /** What a line begins with; a space and the number or the text follow. */
    static final String CASE = "case";

    static final String DEVIATION = "deviation";
    static final String FINDING = "finding";
    static final String REFUSED = "refused";

    /**
     * How far the result of another backend may be from that of {@code reference}, as a part of the largest value. Sums of float32
     * in any order stay below this up to some ten thousand terms, which no case has.
     */
    static final double LIMIT = 2e-5;

    private GridWorker() {}

    /** Arguments: the seed, the number of the first case, and how many. */
    public static void main(String[] args) {
        long seed = Long.parseLong(args[0]);
        long first = Long.parseLong(args[1]);
        long end = first + Math.min(Long.parseLong(args[2]), Long.MAX_VALUE - first);
        PrintStream out = System.out;
        try (Backend reference = Backends.open("reference");
                Backend cpu = Backends.open("cpu")) {
            for (long i = first; i < end && !out.checkError(); i++) {
                GridCase each = GridCase.of(seed, i);
                say(out, CASE, i + " " + each);
                try {
                    say(out, DEVIATION, Double.toString(compare(each, each.run(reference), each.run(cpu), out)));
                } catch (KernelException refused) {
                    say(out, REFUSED, refused.getMessage());
                } catch (RuntimeException | LinkageError unexpected) {
                    say(out, FINDING, unexpected.toString());
                    say(out, DEVIATION, Double.toString(Double.POSITIVE_INFINITY));
                }
            }
        }
    }

    private static void say(PrintStream out, String what, String text) {
        out.println(what + " " + text.replaceAll("\\R", " "));
        out.flush();
    }

    /** The largest deviation of all results. */
    private static double compare(
            GridCase each, List<GridCase.Result> expected, List<GridCase.Result> actual, PrintStream out) {
        double largest = 0;
        for (int i = 0; i < expected.size(); i++) {
            GridCase.Result one = expected.get(i);
            double deviation = deviation(one, actual.get(i).values());
            if (!(deviation <= LIMIT)) {
                say(out, FINDING, one.name() + " deviates by " + deviation + " of its largest value");
            }
            largest = Math.max(largest, deviation);
        }
        return largest;
    }

    /** max |actual - expected| / max(max |expected|, unit); infinity for what is not a number in one of them only. */
    static double deviation(GridCase.Result expected, float[] actual) {
        float[] values = expected.values();
        if (values.length != actual.length) return Double.POSITIVE_INFINITY;
        double size = expected.unit();
        double apart = 0;
        for (int i = 0; i < values.length; i++) {
            double difference = Math.abs((double) actual[i] - values[i]);
            if (!(difference < Double.POSITIVE_INFINITY)) return Double.POSITIVE_INFINITY;
            apart = Math.max(apart, difference);
            size = Math.max(size, Math.abs(values[i]));
        }
        return apart == 0 ? 0 : apart / size;
    }
}
