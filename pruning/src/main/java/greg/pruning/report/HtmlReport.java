package greg.pruning.report;

import greg.nn.io.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/**
 * Runs as one HTML page, with tables, and charts by uPlot. The page is self-contained: library, script and data are inside, and
 * its security policy forbids every request and every other script.
 */
public final class HtmlReport {
    private static final String UPLOT = "/META-INF/resources/webjars/uplot/1.6.30/";
    private static final String OPTIMISTIC =
            "Top-1 on the test images in percent; mean and sample standard deviation over the seeds. The best epoch of"
                    + " finetuning was chosen on the same images, so its accuracy is optimistic.";

    private final StringBuilder html = new StringBuilder();
    private final boolean live;

    private HtmlReport(boolean live) {
        this.live = live;
    }

    /** The page of one run. */
    public static String of(RunRecord run) {
        return new HtmlReport(false).one(run, new ResultTable(run.results()));
    }

    /** The page of several, with the table of their results. */
    public static String of(List<RunRecord> runs, ResultTable table) {
        HtmlReport page = new HtmlReport(false);
        return runs.size() == 1 ? page.one(runs.get(0), table) : page.several(runs, table);
    }

    /** The page of a run that may be under way, which asks its server for a newer one every few seconds. */
    public static String live(RunRecord run) {
        return new HtmlReport(true).one(run, new ResultTable(run.results()));
    }

    /** The same while there is no run to show. */
    public static String liveMessage(String text) {
        HtmlReport page = new HtmlReport(true);
        page.head("No run to show");
        page.html.append(Html.element("p", text));
        return page.end(new PageData(List.of(), null));
    }

    private String one(RunRecord run, ResultTable table) {
        String what = run.config().get("arch").text() + " on "
                + run.config().get("dataset").get("name").text();
        boolean done = run.isPruning()
                ? run.report() != null
                : TrainingResult.of(List.of(run)).get(0).finished();
        String heading = (run.isPruning() ? "Pruning of " : "Training of ") + what;
        head(heading);
        html.append("<p><code>").append(Html.escape(run.command())).append("</code></p>\n");
        if (!done) html.append("<p class=\"state\">This run is not finished.</p>\n");
        results(List.of(run), table);
        GrowthCurves growth = GrowthCurves.of(run.metrics());
        details(run, growth, 0);
        return end(PageData.of(run, growth));
    }

    private String several(List<RunRecord> runs, ResultTable table) {
        head("Runs compared");
        results(runs, table);
        html.append("<div data-comparison></div>\n");
        List<GrowthCurves> growths =
                runs.stream().map(run -> GrowthCurves.of(run.metrics())).toList();
        for (int i = 0; i < runs.size(); i++) {
            RunRecord run = runs.get(i);
            html.append("<details class=\"run\"><summary>").append(Html.element("h2", run.name()));
            html.append("</summary>\n<p><code>")
                    .append(Html.escape(run.command()))
                    .append("</code></p>\n");
            details(run, growths.get(i), i);
            html.append("</details>\n");
        }
        return end(PageData.of(runs, growths, table));
    }

    private void results(List<RunRecord> runs, ResultTable table) {
        List<TrainingResult> trainings = TrainingResult.of(runs);
        if (!table.rows().isEmpty()) {
            html.append(Html.element("p", OPTIMISTIC)).append('\n');
            html.append(Html.table(
                    "results",
                    table.titles(),
                    Html.escape(table.rows().stream().map(table::cells).toList())));
            table.remarks().forEach(remark -> html.append(Html.element("p", remark)));
        }
        if (trainings.isEmpty()) return;
        List<List<String>> lines = TrainingResult.table(trainings);
        html.append(Html.table("trainings", lines.get(0), Html.escape(lines.subList(1, lines.size()))));
    }

    private void details(RunRecord run, GrowthCurves growth, int number) {
        PageTables tables = new PageTables(run, growth);
        html.append(tables.sizes());
        html.append("<div data-run=\"").append(number).append("\"></div>\n");
        section(
                "Layer by layer",
                "The pale bar is the layer before pruning, the full one what is left.",
                tables.layers());
        section(
                "The choice beside L1's",
                "How many of the groups that go L1 would have taken from the base network, and how many two independent"
                        + " choices would share by chance.",
                tables.overlap());
        section("Time", "", tables.seconds());
        html.append("<details><summary>Settings</summary>\n")
                .append(tables.settings())
                .append("</details>\n");
    }

    private void section(String title, String text, String table) {
        if (table.isEmpty()) return;
        html.append(Html.element("h3", title)).append('\n');
        if (!text.isEmpty()) html.append(Html.element("p", text)).append('\n');
        html.append(table);
    }

    private void head(String title) {
        String library = resource(UPLOT + "dist/uPlot.iife.min.js");
        String script = resource("page.js");
        html.append("<!DOCTYPE html>\n<!-- The charts are drawn by uPlot, which is inside.\n")
                .append(resource(UPLOT + "LICENSE"))
                .append("-->\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src")
                .append(" 'unsafe-inline'; script-src ")
                .append(allowed(library))
                .append(' ')
                .append(allowed(script))
                .append(live ? "; connect-src 'self'" : "")
                .append("\">\n<meta name=\"color-scheme\" content=\"light dark\">\n")
                .append(Html.element("title", "greg: " + title))
                .append("\n<style>\n")
                .append(resource(UPLOT + "dist/uPlot.min.css"))
                .append(resource("page.css"))
                .append("</style>\n<script>")
                .append(library)
                .append("</script>\n</head>\n<body>\n<main>\n")
                .append(Html.element("h1", title))
                .append('\n');
    }

    private String end(PageData data) {
        // in a script only "</script" and "<!--" end the text, and inside a JSON string "<" may be written by its
        // number
        String json = Json.line(data).replace("<", "\\u003c");
        html.append("<script type=\"application/json\" id=\"data\">").append(json);
        html.append("</script>\n</main>\n<script")
                .append(live ? " data-live" : "")
                .append('>');
        html.append(resource("page.js")).append("</script>\n</body></html>\n");
        return html.toString();
    }

    /** The source of a script as a security policy names it. */
    private static String allowed(String script) {
        byte[] sum = HexFormat.of().parseHex(new Sha256().add(script).hex());
        return "'sha256-" + Base64.getEncoder().encodeToString(sum) + "'";
    }

    private static String resource(String name) {
        try (InputStream in = HtmlReport.class.getResourceAsStream(name)) {
            if (in == null) throw new IllegalStateException("page: expected a resource " + name + ", there is none");
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
