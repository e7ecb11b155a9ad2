package greg.pruning.report;

import java.util.List;

/** Pieces of an HTML page. */
final class Html {
    private Html() {}

    /** Text in which nothing is a tag. */
    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /** An element around a text. */
    static String element(String tag, String text) {
        return "<" + tag + ">" + escape(text) + "</" + tag + ">";
    }

    /** The same for each cell of a table. */
    static List<List<String>> escape(List<List<String>> rows) {
        return rows.stream()
                .map(cells -> cells.stream().map(Html::escape).toList())
                .toList();
    }

    /**
     * A table that scrolls by itself where the screen is narrower.
     *
     * @param titles texts
     * @param rows cells that are HTML already
     */
    static String table(String style, List<String> titles, List<List<String>> rows) {
        StringBuilder html = new StringBuilder("<div class=\"scroll\"><table class=\"" + style + "\">\n<thead>");
        html.append(row("th", escape(List.of(titles)).get(0))).append("</thead><tbody>\n");
        rows.forEach(cells -> html.append(row("td", cells)));
        return html.append("</tbody></table></div>\n").toString();
    }

    private static String row(String tag, List<String> cells) {
        StringBuilder row = new StringBuilder("<tr>");
        for (String cell : cells) {
            row.append('<').append(tag).append('>').append(cell);
            row.append("</").append(tag).append('>');
        }
        return row.append("</tr>\n").toString();
    }
}
