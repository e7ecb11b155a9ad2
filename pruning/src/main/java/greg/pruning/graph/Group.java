package greg.pruning.graph;

import greg.tensor.ChannelRoute;
import greg.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Everything that is removed together with one filter: rows and columns of weights, elements of biases, of batch normalization
 * and its running statistics, channels of parameter-free shortcuts. {@link ChannelGraph#group} gives one; printed, it has a
 * line for each member.
 */
public final class Group {
    /**
     * Part of a parameter or buffer.
     *
     * @param name its full name
     * @param shape of the whole parameter
     * @param buffer whether it is a buffer, i.e. not trained
     * @param rows which indices of its first dimension are removed, ascending
     * @param columns which indices of its second dimension are removed, ascending
     */
    public record Member(String name, Shape shape, boolean buffer, int[] rows, int[] columns) {
        /** Number of elements removed. */
        public long elements() {
            long kept = shape.dim(0) - rows.length;
            if (shape.rank() == 1) return rows.length;
            long inner = shape.size() / shape.dim(0) / shape.dim(1);
            return shape.size() - kept * (shape.dim(1) - columns.length) * inner;
        }

        private String what() {
            String row = shape.rank() == 1 ? "element" : "row";
            return rows.length == 0
                    ? numbers("column", columns)
                    : columns.length == 0
                            ? numbers(row, rows)
                            : numbers(row, rows) + " and " + numbers("column", columns);
        }
    }

    /**
     * Channels of a parameter-free shortcut: a removed copy is not made, and the copy of a removed source is zero.
     *
     * @param route the shortcut
     * @param outputs which of its output channels are removed, ascending
     * @param inputs which of its input channels are removed, ascending
     */
    public record Copies(ChannelRoute route, int[] outputs, int[] inputs) {
        private String what() {
            String in = inputs.length == 0 ? "" : numbers("input channel", inputs);
            String out = outputs.length == 0 ? "" : numbers("output channel", outputs);
            return in + (in.isEmpty() || out.isEmpty() ? "" : " and ") + out;
        }
    }

    private final List<Member> members;
    private final List<Copies> copies;
    private final boolean image;
    private final boolean output;
    private final String addition;

    Group(List<Member> members, List<Copies> copies, boolean image, boolean output, String addition) {
        this.members = List.copyOf(members);
        this.copies = List.copyOf(copies);
        this.image = image;
        this.output = output;
        this.addition = addition;
    }

    /** What is removed from parameters and buffers, in order of execution. */
    public List<Member> members() {
        return members;
    }

    /** What is removed from parameter-free shortcuts. */
    public List<Copies> copies() {
        return copies;
    }

    /** Whether it can never be removed: planes of the image or outputs of the network are in it. */
    public boolean fixed() {
        return image || output;
    }

    /**
     * Whether an addition ties filters of several layers together here; such groups stay unless pruning is {@link
     * ChannelSets#of coupled}.
     */
    public boolean tied() {
        return addition != null;
    }

    /** Number of trained elements removed. */
    public long parameters() {
        return members.stream()
                .filter(m -> !m.buffer)
                .mapToLong(Member::elements)
                .sum();
    }

    /** What is special about it, or an empty text. */
    private String remark() {
        if (fixed()) {
            return ", cannot be removed: it carries " + (image ? "a plane of the image" : "an output of the network");
        }
        return tied() ? ", tied by the addition behind " + addition : "";
    }

    /** A header and one line for each member: name, shape, and which rows or columns. */
    @Override
    public String toString() {
        List<String[]> lines = new ArrayList<>();
        for (Member m : members) {
            lines.add(new String[] {m.name, m.shape.toString(), m.what() + (m.buffer ? " (buffer)" : "")});
        }
        for (Copies c : copies) {
            String sizes = c.route.inChannels() + " -> " + c.route.sources().size();
            lines.add(new String[] {"shortcut", sizes, c.what()});
        }
        int[] widths = new int[2];
        for (String[] line : lines) {
            for (int i = 0; i < widths.length; i++) widths[i] = Math.max(widths[i], line[i].length());
        }
        String format = "%n  %-" + widths[0] + "s  %-" + widths[1] + "s  %s";
        return String.format(Locale.ROOT, "group of %d, %d parameters%s", lines.size(), parameters(), remark())
                + lines.stream()
                        .map(line -> String.format(Locale.ROOT, format, line[0], line[1], line[2]))
                        .collect(Collectors.joining());
    }

    /** "row 3", "rows 1, 4-6". */
    private static String numbers(String what, int... ascending) {
        StringBuilder text = new StringBuilder(what).append(ascending.length > 1 ? "s " : " ");
        for (int i = 0; i < ascending.length; i++) {
            int first = i;
            while (i + 1 < ascending.length && ascending[i + 1] == ascending[i] + 1) i++;
            text.append(first == 0 ? "" : ", ").append(ascending[first]);
            if (i > first) text.append('-').append(ascending[i]);
        }
        return text.toString();
    }
}
