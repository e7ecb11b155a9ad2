package greg.pruning.report;

import java.util.List;

/** Tables in Markdown, aligned for terminals. */
public final class Markdown {
    private Markdown() {}

    /** The first line has the titles. */
    public static String table(List<List<String>> lines) {
        int[] width = new int[lines.get(0).size()];
        for (List<String> line : lines) {
            for (int c = 0; c < width.length; c++)
                width[c] = Math.max(width[c], line.get(c).length());
        }
        StringBuilder text = new StringBuilder();
        for (List<String> line : lines) {
            for (int c = 0; c < width.length; c++) {
                text.append("| ")
                        .append(line.get(c))
                        .append(" ".repeat(width[c] - line.get(c).length() + 1));
            }
            text.append("|\n");
            if (line != lines.get(0)) continue;
            for (int w : width) text.append('|').append("-".repeat(w + 2));
            text.append("|\n");
        }
        return text.toString();
    }
}
