package greg.pruning.report;

import java.util.List;
import java.util.Locale;

/** Runs as one HTML page: the table of results, and the charts of each run. The page is self-contained. */
public final class HtmlReport {
    private static final String STYLE =
            """
            body{font:15px/1.45 system-ui,sans-serif;max-width:1100px;margin:2em auto;padding:0 1em;color:#222}
            table{border-collapse:collapse;font-variant-numeric:tabular-nums}td,th{padding:.25em .7em;text-align:right}
            td:nth-child(-n+5),th:nth-child(-n+5){text-align:left}tr+tr td{border-top:1px solid #ddd}
            svg{max-width:720px;width:100%;display:block;margin:.8em 0}svg text{font-size:11px}
            svg .title{font-size:13px;font-weight:600}.axis{stroke:#888}code{word-break:break-word}
            .times td:nth-child(n+2),.times th:nth-child(n+2){text-align:right}
            """;

    private HtmlReport() {}

    /** The page of one run. */
    public static String of(RunRecord run) {
        return of(List.of(run), new ResultTable(run.results()));
    }

    /** The page of several, with the table of their results. */
    public static String of(List<RunRecord> runs, ResultTable table) {
        StringBuilder html = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
        html.append("<title>greg</title><style>\n")
                .append(STYLE)
                .append("</style></head>\n<body><h1>Pruning runs</h1>\n");
        html.append(
                "<p>Top-1 on the test images in percent; mean and sample standard deviation over the seeds. The best epoch"
                        + " of finetuning was chosen on the same images, so its accuracy is optimistic.</p>\n");
        html.append("<table>").append(row("th", table.titles()));
        table.rows().forEach(row -> html.append(row("td", table.cells(row))));
        html.append("</table>\n");
        table.remarks()
                .forEach(remark ->
                        html.append("<p>").append(LineChart.escape(remark)).append("</p>\n"));
        for (RunRecord run : runs) {
            html.append("<h2>")
                    .append(LineChart.escape(run.folder().getFileName().toString()))
                    .append("</h2>\n<p><code>")
                    .append(LineChart.escape(run.command()))
                    .append("</code></p>\n");
            for (LineChart chart : run.charts()) {
                if (chart.hasContent()) html.append(chart.svg()).append('\n');
            }
            for (Speed speed : run.speeds()) html.append(times(speed));
        }
        return html.append("</body></html>\n").toString();
    }

    /** Where the time of a forward pass goes, before and after pruning. */
    private static String times(Speed speed) {
        StringBuilder html = new StringBuilder(String.format(
                Locale.ROOT,
                "<details><summary>Inference, batch %d: %.3f &rarr; %.3f ms (%.2fx)</summary>\n<table class=\"times\">",
                speed.batch(),
                speed.denseMillis(),
                speed.prunedMillis(),
                speed.speedup()));
        html.append(row("th", List.of("layer", "before, ms", "after, ms", "speedup", "in theory")));
        for (LayerSpeed layer : speed.layers()) html.append(row("td", SpeedTable.cells(layer)));
        return html.append("</table></details>\n").toString();
    }

    private static String row(String tag, List<String> cells) {
        StringBuilder row = new StringBuilder("<tr>");
        for (String cell : cells) {
            row.append('<')
                    .append(tag)
                    .append('>')
                    .append(LineChart.escape(cell))
                    .append("</")
                    .append(tag)
                    .append('>');
        }
        return row.append("</tr>\n").toString();
    }
}
