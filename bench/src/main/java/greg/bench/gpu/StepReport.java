package greg.bench.gpu;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import greg.kernels.Device;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The result of {@link StepGpu}.
 *
 * @param device it ran on
 * @param command that was given
 * @param peer program and version of the peer, or why there was none
 * @param rows greg's steps
 * @param peers the peer's
 * @param profiles of some steps
 */
record StepReport(
        Device device, String command, String peer, List<Row> rows, List<PeerRow> peers, List<StepProfile> profiles) {
    /**
     * A step of greg.
     *
     * @param firstLoss of the first step
     * @param lastLoss of the last that was timed
     */
    record Row(StepCase what, StepTimes times, float firstLoss, float lastLoss) {
        double imagesPerSecond() {
            return 1e6 * what.batch() / times.queuedMedian();
        }
    }

    /**
     * A step of the peer.
     *
     * @param what network, batch and precision
     */
    record PeerRow(StepCase what, String mode, boolean penalty, StepPeer.Answer answer) {
        String form() {
            return mode + (penalty ? ", penalty loop" : "");
        }
    }

    /** The software device checks steps; its times say nothing about any machine and are not reported. */
    boolean timed() {
        return !device.name().contains("software");
    }

    /** The JSON for other programs. */
    String json() {
        ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        ObjectNode root = mapper.createObjectNode();
        root.put("device", device.name()).put("details", device.details());
        root.put("command", command).put("java", System.getProperty("java.version"));
        root.put("peer", peer).put("timed", timed());
        ArrayNode rows = root.putArray("rows");
        for (Row row : this.rows) {
            ObjectNode node = rows.addObject();
            describe(node, row.what);
            node.put("first_loss", row.firstLoss).put("last_loss", row.lastLoss);
            if (!timed()) continue;
            put(node, row.times);
            node.put("images_per_s", row.imagesPerSecond());
        }
        ArrayNode peers = root.putArray("peers");
        for (PeerRow row : this.peers) {
            ObjectNode node = peers.addObject();
            describe(node, row.what).put("mode", row.mode).put("penalty", row.penalty);
            if (row.answer.skipped() != null) node.put("skipped", row.answer.skipped());
            else if (timed()) put(node, row.answer.times());
        }
        ArrayNode profiles = root.putArray("profiles");
        for (StepProfile profile : this.profiles) put(profiles.addObject(), profile);
        ArrayNode goals = root.putArray("goals");
        for (StepGoal goal : StepGoal.of(this)) {
            ObjectNode node = goals.addObject();
            node.put("goal", goal.text()).put(goal.most() ? "at_most" : "at_least", goal.limit());
            goal.value().ifPresent(value -> node.put("measured", value));
            node.put("verdict", goal.verdict());
        }
        try {
            return mapper.writeValueAsString(root) + "\n";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ObjectNode describe(ObjectNode node, StepCase what) {
        return node.put("arch", what.arch())
                .put("batch", what.batch())
                .put("precision", what.precision().toString())
                .put("growing", what.growing())
                .put("graph", what.graph());
    }

    private static void put(ObjectNode node, StepTimes times) {
        ObjectNode us = node.putObject("us");
        us.put("p10", times.quantile(0.1)).put("median", times.median()).put("p90", times.quantile(0.9));
        us.put("queued", times.queuedMedian()).put("samples", times.waited().length);
    }

    private void put(ObjectNode node, StepProfile profile) {
        describe(node, profile.what()).put("launches", profile.launches());
        if (timed()) {
            node.put("us", profile.microseconds()).put("floor_us", profile.floor());
            node.put("copy_gb_per_s", profile.copyGigabytes()).put("event_us", profile.eventMicroseconds());
            node.put("node_us", profile.nodeMicroseconds());
        }
        ArrayNode kernels = node.putArray("kernels");
        for (StepProfile.Line line : profile.lines()) {
            ObjectNode kernel = kernels.addObject();
            kernel.put("kernel", line.kernel()).put("launches", line.launches()).put("bytes", line.bytes());
            if (timed()) {
                kernel.put("us", line.microseconds()).put("floor_us", line.floor(profile.copyGigabytes()));
            }
        }
    }

    /** The Markdown report. */
    String table() {
        List<String> lines = new ArrayList<>();
        lines.add(text("%s (%s); %s.", device.name(), device.details(), peer));
        lines.add(text("`%s`", command));
        if (!timed()) {
            lines.add(
                    "This device is a program that interprets the kernels: its steps are right, times are not given.");
        }
        lines.addAll(List.of("", "| goal | limit | measured | |", "|---|---|---|---|"));
        for (StepGoal goal : StepGoal.of(this)) {
            String value = goal.value().isPresent() ? text("%.4g", goal.value().getAsDouble()) : "";
            String limit = (goal.most() ? "at most " : "at least ") + text("%.4g", goal.limit());
            lines.add(text("| %s | %s | %s | %s |", goal.text(), limit, value, goal.verdict()));
        }
        lines.addAll(List.of(
                "", "| step | by | ms: median (p10 to p90) | queued, ms | images/s |", "|---|---|---|---|---|"));
        for (Row row : rows) {
            lines.add(line(row.what, "greg " + row.what.form(), row.times));
        }
        for (PeerRow row : peers) {
            String form = "PyTorch " + row.form();
            if (row.answer.skipped() == null) lines.add(line(row.what, form, row.answer.times()));
            else lines.add(text("| %s | %s | %s | | |", row.what.workload(), form, row.answer.skipped()));
        }
        for (StepProfile profile : profiles) lines.addAll(table(profile));
        return String.join("\n", lines) + "\n";
    }

    private String line(StepCase what, String form, StepTimes times) {
        if (!timed()) return text("| %s | %s | | | |", what.workload(), form);
        return text(
                "| %s | %s | %.3f (%.3f to %.3f) | %.3f | %.0f |",
                what.workload(),
                form,
                1e-3 * times.median(),
                1e-3 * times.quantile(0.1),
                1e-3 * times.quantile(0.9),
                1e-3 * times.queuedMedian(),
                1e6 * what.batch() / times.queuedMedian());
    }

    private List<String> table(StepProfile profile) {
        List<String> lines = new ArrayList<>();
        lines.add("");
        String head = text("Launches of %s: %d", profile.what(), profile.launches());
        if (timed()) {
            head += text(
                    ", %.0f us; a copy of their bytes at %.0f GB/s takes %.0f us, so many empty kernels of a graph %.0f us."
                            + " Each time includes an event, %.1f us.",
                    profile.microseconds(),
                    profile.copyGigabytes(),
                    profile.floor(),
                    profile.launches() * profile.nodeMicroseconds(),
                    profile.eventMicroseconds());
        }
        lines.addAll(
                List.of(head, "", "| kernel | launches | us | share | MB | floor, us |", "|---|---|---|---|---|---|"));
        for (StepProfile.Line line : profile.lines()) {
            String start = text("| %s | %d |", line.kernel(), line.launches());
            String megabytes = line.bytes() == 0 ? "" : text("%.1f", 1e-6 * line.bytes());
            if (!timed()) {
                lines.add(text("%s | | %s | |", start, megabytes));
                continue;
            }
            lines.add(text(
                    "%s %.1f | %.1f %% | %s | %.1f |",
                    start,
                    line.microseconds(),
                    100 * line.microseconds() / profile.microseconds(),
                    megabytes,
                    line.floor(profile.copyGigabytes())));
        }
        return lines;
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
