package greg.bench.gpu;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import greg.bench.ParameterSet;
import greg.kernels.Device;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;

/**
 * The result of a run.
 *
 * @param device it ran on
 * @param cacheBytes level-2 cache
 * @param samples per median
 * @param sets whose parameters were updated
 * @param rows one for each kernel, data and mode
 */
record Report(Device device, long cacheBytes, int samples, List<ParameterSet> sets, List<Row> rows) {
    /**
     * One line.
     *
     * @param work kernel and data
     * @param mode how it was launched
     * @param copies of the data used in turn
     * @param kernel its time
     * @param copyBytes bytes that the copy moved
     * @param copy the copy's time
     */
    record Row(Work work, Mode mode, int copies, Timing kernel, long copyBytes, Timing copy) {
        /** The kernel's bytes per second divided by the copy's. */
        double ofCopy() {
            return kernel.gigabytesPerSecond(work.bytes()) / copy.gigabytesPerSecond(copyBytes);
        }
    }

    /** The software device checks kernels; its times say nothing about any machine and are not reported. */
    boolean timed() {
        return !device.name().contains("software");
    }

    /** The JSON for other programs, such as {@code penalty_torch.py}, which reads the shapes from it. */
    String json() {
        ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        ObjectNode root = mapper.createObjectNode();
        root.put("device", device.name()).put("details", device.details());
        root.put("cache_bytes", cacheBytes).put("samples", samples).put("timed", timed());
        ArrayNode sets = root.putArray("sets");
        for (ParameterSet set : this.sets) {
            ObjectNode node = sets.addObject();
            node.put("name", set.name()).put("tensors", set.shapes().size()).put("elements", set.elements());
            node.set("shapes", mapper.valueToTree(set.shapes()));
            node.set(
                    "penalised",
                    mapper.valueToTree(
                            set.shapes().stream().map(ParameterSet::penalised).toList()));
        }
        ArrayNode rows = root.putArray("rows");
        for (Row row : this.rows) {
            ObjectNode node = rows.addObject();
            node.put("data", row.work.data()).put("kernel", row.work.name()).put("mode", name(row.mode));
            node.put("bytes", row.work.bytes()).put("copies", row.copies);
            if (!timed()) continue;
            put(node.putObject("us"), row.kernel);
            put(node.putObject("copy_us"), row.copy);
            node.put("copy_bytes", row.copyBytes);
            node.put("gb_per_s", row.kernel.gigabytesPerSecond(row.work.bytes()));
            node.put("copy_gb_per_s", row.copy.gigabytesPerSecond(row.copyBytes));
            node.put("of_copy", row.ofCopy());
        }
        try {
            return mapper.writeValueAsString(root) + "\n";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void put(ObjectNode node, Timing timing) {
        node.put("q1", timing.q1()).put("median", timing.median()).put("q3", timing.q3());
    }

    private static String name(Mode mode) {
        return mode.name().toLowerCase(Locale.ROOT);
    }

    /** The Markdown report. */
    String table() {
        StringBuilder text = new StringBuilder();
        line(text, "%s (%s), level-2 cache %.0f MiB.", device.name(), device.details(), cacheBytes / 1048576.0);
        if (!timed()) {
            line(
                    text,
                    "This device is a program that interprets the kernels: their results are right, times are not given.");
        }
        text.append('\n');
        line(text, "| data | kernel | launched by | MB | us: median (quartiles) | GB/s | copy, GB/s | of the copy |");
        line(text, "|---|---|---|---|---|---|---|---|");
        for (Row row : rows) {
            String head = String.format(
                    Locale.ROOT,
                    "| %s | %s | %s | %.1f |",
                    row.work.data(),
                    row.work.name(),
                    name(row.mode),
                    row.work.bytes() * 1e-6);
            if (!timed()) {
                line(text, "%s | | | |", head);
                continue;
            }
            Timing t = row.kernel;
            line(
                    text,
                    "%s %.2f (%.2f to %.2f) | %.0f | %.0f | %.1f %% |",
                    head,
                    t.median(),
                    t.q1(),
                    t.q3(),
                    t.gigabytesPerSecond(row.work.bytes()),
                    row.copy.gigabytesPerSecond(row.copyBytes),
                    100 * row.ofCopy());
        }
        return text.toString();
    }

    private static void line(StringBuilder text, String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
