package greg.pruning.course;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.kernels.spec.GroupIndex;
import greg.pruning.growth.LayerState;
import greg.pruning.select.Selection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The tables of the course are what the code computes. {@code mvn -pl pruning -am test -Dtest=CourseTest
 * -Dsurefire.failIfNoSpecifiedTests=false -Dgreg.course.write=true} writes them anew into the documents.
 */
class CourseTest {
    private static final Path COURSE =
            Path.of("").toAbsolutePath().getParent().resolve("docs").resolve("course");
    private static final boolean WRITE = Boolean.getBoolean("greg.course.write");

    private final Backend backend = Backends.open("reference", BackendOptions.standard());
    private SixFilters run;

    @BeforeEach
    void prune() {
        run = new SixFilters(backend);
    }

    @AfterEach
    void close() {
        run.close();
        backend.close();
    }

    /** Compares a table of a document, between its two marks, with the one computed now. */
    private static void table(String document, String name, String rows) throws IOException {
        Path file = COURSE.resolve(document);
        String text = Files.readString(file);
        String begin = "<!-- " + name + " -->\n";
        String end = "<!-- end of " + name + " -->";
        int from = text.indexOf(begin) + begin.length();
        int to = text.indexOf(end);
        assertTrue(from >= begin.length() && to >= from, document + " has no marks of a table named " + name);
        if (WRITE) Files.writeString(file, text.substring(0, from) + rows + text.substring(to));
        else assertEquals(rows, text.substring(from, to), "table " + name + " of " + document);
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    /** Rows for all filters, in the order of their numbers. */
    private static String perFilter(String head, IntFunction<String> row) {
        StringBuilder table = new StringBuilder(head).append('\n');
        table.append(head.replaceAll("[^|]+", "---")).append('\n');
        for (int f = 0; f < SixFilters.FILTERS; f++) table.append(row.apply(f)).append('\n');
        return table.toString();
    }

    private static String pair(float[] perWeight, int filter) {
        return format("%.4f, %.4f", perWeight[2 * filter], perWeight[2 * filter + 1]);
    }

    @Test
    void theLayerAtItsStart() throws IOException {
        float[] scores = run.iterations.get(0).scores();
        int[] l1 = Selection.smallest(scores, 0.5).pruned();
        table(
                "2-one-layer.md",
                "start",
                perFilter(
                        "| filter | weights | curvature h | score, mean &#124;w&#124; | L1 would remove it |",
                        f -> format(
                                "| %d | %s | %s | %.4f | %s |",
                                f,
                                pair(SixFilters.AT_REST, f),
                                SixFilters.CURVATURE[f],
                                scores[f],
                                contains(l1, f) ? "yes" : "")));
    }

    @Test
    void oneIteration() throws IOException {
        SixFilters.Iteration former = run.iterations.get(3);
        SixFilters.Iteration i = run.iterations.get(4);
        table(
                "2-one-layer.md",
                "iteration 4",
                perFilter(
                        "| filter | w before | dL/dw | lambda | lambda w | gamma w | momentum before | momentum after | w after |",
                        f -> format(
                                "| %d | %.6f | %.6f | %.4f | %.6f | %.6f | %.6f | %.6f | %.6f |",
                                f,
                                i.before()[2 * f],
                                i.gradient()[2 * f],
                                i.lambda()[f],
                                i.lambda()[f] * i.before()[2 * f],
                                SixFilters.WEIGHT_DECAY * i.before()[2 * f],
                                former.momentum()[2 * f],
                                i.momentum()[2 * f],
                                i.after()[2 * f])));
        // by hand, in the order that the page gives
        for (int k = 0; k < i.before().length; k++) {
            float w = i.before()[k];
            float v = i.gradient()[k] + i.lambda()[k / 2] * w + SixFilters.WEIGHT_DECAY * w;
            float b = SixFilters.MOMENTUM * former.momentum()[k] + v;
            assertEquals(b, i.momentum()[k], 1e-7f);
            assertEquals(w - SixFilters.RATE * b, i.after()[k], 1e-7f);
        }
    }

    @Test
    void theHistory() throws IOException {
        StringBuilder rows = new StringBuilder(
                "| iteration | kept / picked | history before | history after |\n|---|---|---|---|\n");
        float before = Float.NaN;
        int shown = 0;
        for (SixFilters.Iteration i : run.iterations) {
            if (i.update() == null) continue;
            float after = i.update().history();
            float expected = Float.isNaN(before)
                    ? i.update().magRatio()
                    : 0.9f * before + 0.1f * i.update().magRatio();
            assertEquals(expected, after, 1e-6f * after);
            if (shown++ < 4) {
                rows.append(format(
                        "| %d | %.4f / %.4f = %.4f | %s | %.4f |%n",
                        i.number(),
                        i.update().keptMagnitude(),
                        i.update().prunedMagnitude(),
                        i.update().magRatio(),
                        Float.isNaN(before) ? "none" : format("%.4f", before),
                        after));
            }
            before = after;
        }
        table("2-one-layer.md", "history", rows.toString());
    }

    @Test
    void theWholeRun() throws IOException {
        StringBuilder scores = new StringBuilder(
                "| iteration | filter 0 | 1 | 2 | 3 | 4 | 5 | what happens |\n|---|---|---|---|---|---|---|---|\n");
        StringBuilder lambdas = new StringBuilder(scores);
        boolean picked = false;
        for (SixFilters.Iteration i : run.iterations) {
            boolean last = i == run.iterations.get(run.iterations.size() - 1);
            if (i.update() == null && !last) continue;
            String event = last ? "removal after this step" : "";
            if (i.update() != null && i.update().picked() && !picked) {
                picked = true;
                event = format("lambda >= tau': picks %s", Arrays.toString(run.pruned()));
                assertEquals(i.number(), run.layer.pickIteration());
            } else if (i.update() != null && i.update().finished()) {
                event = "lambda > tau: growth ends, stabilising starts";
                assertEquals(i.number(), run.layer.finishIteration());
            } else if (i.update() != null) {
                event = picked ? "picked += 0.25, released = -0.0001" : "all += 0.0625";
            }
            scores.append(row(i.number(), i.scores(), event));
            lambdas.append(row(i.number(), i.lambda(), event));
        }
        table("2-one-layer.md", "scores", scores.toString());
        table("2-one-layer.md", "lambda", lambdas.toString());
        int[] l1 = Selection.smallest(run.iterations.get(0).scores(), 0.5).pruned();
        Arrays.sort(l1);
        assertArrayEquals(new int[] {1, 4, 5}, l1, "the text of the page");
        assertArrayEquals(new int[] {2, 4, 5}, run.pruned(), "the text of the page: the flat ones");
    }

    private static String row(int iteration, float[] values, String event) {
        StringBuilder row = new StringBuilder("| " + iteration);
        for (float value : values) row.append(format(" | %.4f", value));
        return row + " | " + event + " |\n";
    }

    /** What would become of a released group if delta lambda were added to its lambda at each update, with the paper's defaults. */
    @Test
    void assignedOrAdded() throws IOException {
        float recover = -1e-4f;
        LayerState layer = new LayerState("conv", 0, 0.5, new GroupIndex(2, 1));
        layer.setAll(0.01f);
        layer.pick(Selection.of(2, 0), 0);
        float added = 0.01f;
        double logAssigned = 0;
        double logAdded = 0;
        StringBuilder rows =
                new StringBuilder("| update after the pick | lambda of the picked | lambda of the released,"
                        + " assigned | a released weight, relative | lambda, if it were added | the weight, relative |\n"
                        + "|---|---|---|---|---|---|\n");
        for (int update = 1; layer.maxLambda() <= 1; update++) {
            layer.raisePruned(1e-4f, recover);
            added += recover;
            // five steps (K_u) at lr 0.001, which momentum 0.9 makes as much as 0.01; weight decay 1e-4
            logAssigned -= 5 * 0.01 * (layer.lambda()[1] + 1e-4) / Math.log(10);
            logAdded -= 5 * 0.01 * (added + 1e-4) / Math.log(10);
            boolean last = layer.maxLambda() > 1;
            if (update == 1 || update == 100 || update == 1000 || update == 3000 || last) {
                rows.append(format(
                        "| %,d | %.4f | %.4f | %s | %.4f | %s |%n",
                        update, layer.lambda()[0], layer.lambda()[1], factor(logAssigned), added, factor(logAdded)));
            }
        }
        table("4-exact-semantics.md", "assigned or added", rows.toString());
    }

    private static String factor(double log) {
        return Math.abs(log) < 3 ? format("%.3f", Math.pow(10, log)) : format("10^%.0f", log);
    }

    @Test
    void float32() throws IOException {
        StringBuilder rows = new StringBuilder(
                "| delta lambda | limit | test | updates in float32 | in float64 |\n|---|---|---|---|---|\n");
        String[] cases = {
            "0.01 0.5 >",
            "0.02 1.0 >",
            "0.05 1.0 >",
            "1e-4 1.0 >",
            "0.025 1.0 >",
            "0.002 0.1 >=",
            "0.005 0.25 >=",
            "0.006 0.3 >=",
            "1e-5 1e-2 >="
        };
        for (String text : cases) {
            String[] words = text.split(" ");
            double step = Double.parseDouble(words[0]);
            double limit = Double.parseDouble(words[1]);
            boolean strict = words[2].equals(">");
            LayerState layer = new LayerState("conv", 0, 0.5, new GroupIndex(2, 1));
            int single = 0;
            do {
                layer.raiseAll((float) step);
                single++;
            } while (strict ? !(layer.maxLambda() > (float) limit) : !(layer.maxLambda() >= (float) limit));
            double lambda = 0;
            int exact = 0;
            do {
                lambda += step;
                exact++;
            } while (strict ? !(lambda > limit) : !(lambda >= limit));
            rows.append(format("| %s | %s | %s | %d | %d |%n", words[0], words[1], words[2], single, exact));
        }
        table("4-exact-semantics.md", "float32", rows.toString());
    }

    private static boolean contains(int[] numbers, int number) {
        return Arrays.stream(numbers).anyMatch(n -> n == number);
    }
}
