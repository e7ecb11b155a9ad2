package greg.pruning.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pages of run folders that the test writes itself, record by record. */
class HtmlReportTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern SCRIPT = Pattern.compile("(?s)<script([^>]*)>(.*?)</script>");
    private static final Set<String> VOID = Set.of("meta", "!DOCTYPE");

    @TempDir
    Path temp;

    private Path folder(String name, String config, String metrics) throws IOException {
        Path folder = Files.createDirectories(temp.resolve(name));
        Files.writeString(folder.resolve("config.json"), config.replace('\'', '"'));
        Files.writeString(folder.resolve("metrics.jsonl"), metrics.replace('\'', '"'));
        return folder;
    }

    private static String config(String command, String arch) {
        return "{'command':'" + command + "','args':['--seed','3'],'version':'0.2','arch':'" + arch
                + "','seed':3,'dataset':{'name':'mnist','train':{'records':10}},'options':{'epochs':2},"
                + "'pruning':{'method':'GReg-2','wg':'filter','reg_upper_limit':1.0,"
                + "'finetune':{'lr':'0:0.1','epochs':2,'batch_size':4}}}";
    }

    private static String epoch(String phase, int epoch, double accuracy) {
        return "{'phase':'" + phase + "','epoch':" + epoch + ",'iteration':" + (10 * epoch + 9)
                + ",'lr':0.1,'loss':1.5,'accuracy':50.0,'test_loss':1.25,'test_accuracy':" + accuracy
                + ",'test_accuracy5':99.0,'images_per_second':1.0,'seconds':1.0}\n";
    }

    private static String layer(double lambda, double kept, double pruned, boolean picked) {
        return "{'lambda':" + lambda + ",'lambda_min':-1.0E-4,'score_mean':0.5,'score_std':0.25,'kept_magnitude':"
                + kept
                + ",'pruned_magnitude':" + pruned + ",'magnitude_ratio':" + kept / pruned + ",'history':2.0,'picked':"
                + picked + ",'finished':" + (lambda > 1) + "}";
    }

    private static String growth(String phase, int iteration, String a, String b) {
        return "{'phase':'" + phase + "','iteration':" + iteration + ",'loss':0.75,'layers':{'conv1':" + a + ",'conv2':"
                + b + "}}\n";
    }

    private static String scores(int iteration, String pruned) {
        return "{'phase':'scores','iteration':" + iteration
                + ",'lambda':0.5,'layers':{'conv1':{'scores':[0.1,0.2,0.3,0.4]," + "'pruned':" + pruned + "}}}\n";
    }

    private static final String METRICS = epoch("base", 0, 60)
            + epoch("base", 1, 70)
            + scores(0, "[0,1]")
            + "{'phase':'test','iteration':0,'test_loss':1.0,'test_accuracy':70.0,'test_accuracy5':99.0,"
            + "'removed_loss':3.0,'removed_accuracy':20.0,'removed_accuracy5':60.0}\n"
            + growth("grow", 0, layer(0.25, 0.5, 0.25, false), layer(0.25, 0.6, 0.3, false))
            + growth("grow", 2, layer(0.5, 0.5, 0.125, true), layer(0.5, 0.6, 0.2, true))
            + growth("grow", 4, layer(1.25, 0.5, 0.0625, true), layer(1.5, 0.6, 0.1, true))
            + "{'phase':'stabilise','iteration':4,'loss':0.75}\n"
            + growth("stabilise", 6, layer(1.25, 0.5, 0.03125, true), layer(1.5, 0.6, 0.05, true))
            + scores(7, "[0,2]")
            + "{'phase':'remove','iteration':7,'loss':0.5,'cut_short':false}\n"
            + epoch("finetune", 0, 66)
            + epoch("finetune", 1, 64)
            + epoch("finetune L1", 0, 50)
            + epoch("finetune L1", 1, 55);

    private static String accuracy(double top1) {
        return "{'records':10,'top1':" + top1 + ",'top5':99.0,'loss':1.0}";
    }

    private static String outcome(double removed, double last, double best) {
        return "'after_removal':" + accuracy(removed) + ",'after_finetuning':" + accuracy(last) + ",'best_epoch':"
                + accuracy(best);
    }

    private static String report(String published) {
        return ("{'arch':'lenet5','dataset':'mnist','device':'cpu','base':" + accuracy(70)
                        + ",'pruned':{'method':'GReg-2',"
                        + outcome(62, 64, 66)
                        + "},'one_shot_l1':{'method':'L1 one-shot'," + outcome(20, 55, 55)
                        + ",'sparsity_percent':50.0,'speedup':2.0},'all_params':{'before':1000,'after':500},"
                        + "'macs':{'before':4000,'after':2000},'sparsity_percent':50.0,'speedup':2.0,'measured':[{'engine':"
                        + "'greg','batch':8,'dense_ms':3.0,'pruned_ms':2.0,'rounds':5,'layers':[{'layer':'conv1',"
                        + "'dense_ms':2.0,'pruned_ms':1.0,'dense_macs':400,'pruned_macs':200}]}],"
                        + "'seconds':{'base':12.5},'published':" + published + "}")
                .replace('\'', '"');
    }

    private RunRecord pruned(String name, String published) throws IOException {
        Path folder = folder(name, config("prune", "lenet5"), METRICS);
        Files.writeString(folder.resolve("report.json"), report(published));
        String plan = "{'layers':[{'layer':'conv1','filters':{'before':4,'after':2},'params':{'before':40,'after':20},"
                + "'macs':{'before':400,'after':200}}]}";
        Files.writeString(folder.resolve("plan.json"), plan.replace('\'', '"'));
        return RunRecord.read(folder);
    }

    private static JsonNode data(String page) throws IOException {
        Matcher script = SCRIPT.matcher(page);
        while (script.find()) if (script.group(1).contains("id=\"data\"")) return JSON.readTree(script.group(2));
        throw new AssertionError("no data in the page");
    }

    private static JsonNode curve(JsonNode curves, String name) {
        for (JsonNode curve : curves) if (curve.get("name").asText().equals(name)) return curve;
        throw new AssertionError("no curve " + name + " in " + curves);
    }

    @Test
    void thePhasesFollowEachOtherOnOneAxis() throws IOException {
        JsonNode curves = data(HtmlReport.of(pruned("run", "null"))).at("/runs/0/curves");
        assertEquals(
                "[{'name':'base','from':0,'to':20},{'name':'picking','from':20,'to':22},{'name':'growing','from':22,'to':24},"
                                .replace('\'', '"')
                        + "{'name':'stabilising','from':24,'to':28},{'name':'finetuning','from':28,'to':48}]"
                                .replace('\'', '"'),
                curves.get("spans").toString());
        JsonNode test = curve(curves.get("accuracy"), "test images");
        // epochs of the base network, before the first step of growth, right after the removal, epochs of finetuning
        assertEquals("[10.0,20.0,20.5,28.0,38.0,48.0]", test.get("x").toString());
        assertEquals("[60.0,70.0,70.0,62.0,66.0,64.0]", test.get("y").toString());
        JsonNode without = curve(curves.get("accuracy"), "test images, without the groups that go");
        assertEquals("[20.0,62.0]", without.get("y").toString());
        JsonNode l1 = curve(curves.get("accuracy"), "test images, L1 in one shot");
        assertEquals("[28.0,38.0,48.0]", l1.get("x").toString());
        assertEquals("[20.0,50.0,55.0]", l1.get("y").toString());
        JsonNode best = curve(curves.get("accuracy"), "best epoch");
        assertEquals("[38.0]", best.get("x").toString());
        JsonNode loss = curve(curves.get("loss"), "training images");
        assertEquals(
                "[10.0,20.0,20.25,20.5,22.5,24.5,26.5,27.5,28.25,38.0,48.0]",
                loss.get("x").toString());
        assertEquals(
                "[1.5,1.5,null,0.75,0.75,0.75,0.75,0.5,null,1.5,1.5]",
                loss.get("y").toString());
        assertRising(curves);
    }

    /** The library's tables have one value for each position. */
    private static void assertRising(JsonNode curves) {
        for (String chart : List.of("accuracy", "loss")) {
            for (JsonNode curve : curves.get(chart)) {
                JsonNode x = curve.get("x");
                assertEquals(x.size(), curve.get("y").size());
                for (int i = 1; i < x.size(); i++)
                    assertTrue(x.get(i).asDouble() > x.get(i - 1).asDouble(), curve.toString());
            }
        }
    }

    /** Nothing grows: the base network and what is left of it right after the removal have seen the same number of steps. */
    @Test
    void theDropAtARemovalByL1IsSeen() throws IOException {
        String base = epoch("base", 0, 72) + epoch("base", 1, 70);
        Path folder =
                folder("l1", config("prune", "lenet5"), base + epoch("finetune", 0, 66) + epoch("finetune", 1, 64));
        Files.writeString(folder.resolve("report.json"), report("null"));
        JsonNode curves = data(HtmlReport.of(RunRecord.read(folder))).at("/runs/0/curves");
        JsonNode test = curve(curves.get("accuracy"), "test images");
        assertEquals("[10.0,20.0,20.5,30.0,40.0]", test.get("x").toString());
        assertEquals("[72.0,70.0,62.0,66.0,64.0]", test.get("y").toString());
        assertEquals(
                "[30.0]", curve(curves.get("accuracy"), "best epoch").get("x").toString(), "of finetuning");
        assertRising(curves);

        Path underWay = folder("base", config("prune", "lenet5"), base);
        JsonNode first = data(HtmlReport.live(RunRecord.readUnderWay(underWay))).at("/runs/0/curves/accuracy");
        assertFalse(first.toString().contains("best epoch"), "nothing is finetuned yet: " + first);
    }

    @Test
    void aLossThatIsNotFiniteIsAGap() throws IOException {
        String bad = epoch("train", 1, 59).replace("'test_loss':1.25", "'test_loss':null");
        String earlier = epoch("train", 2, 58).replace("'test_loss':1.25", "'test_loss':'NaN'");
        Path folder = folder("nan", config("train", "lenet5"), epoch("train", 0, 60) + bad + earlier);
        JsonNode loss = curve(data(HtmlReport.of(RunRecord.read(folder))).at("/runs/0/curves/loss"), "test images");
        assertEquals("[10.0]", loss.get("x").toString());
    }

    /** More losses than a screen shows are thinned, and the last one stays. */
    @Test
    void manyLossesAreThinned() throws IOException {
        StringBuilder metrics = new StringBuilder();
        for (int i = 0; i < 2000; i++)
            metrics.append("{'phase':'grow','iteration':").append(i).append(",'loss':0.5}\n");
        Path folder = folder("many", config("prune", "lenet5"), metrics.toString());
        JsonNode curves = data(HtmlReport.live(RunRecord.readUnderWay(folder))).at("/runs/0/curves");
        JsonNode x = curve(curves.get("loss"), "training images").get("x");
        assertEquals(667 + 1 + 1, x.size(), "every third, the last, and the end of the line");
        assertEquals(1999.5, x.get(x.size() - 2).asDouble());
    }

    @Test
    void anUnfinishedTrainingSaysSo() throws IOException {
        Path folder = folder(
                "part",
                config("train", "lenet5").replace("'epochs':2}", "'epochs':160}"),
                epoch("train", 0, 60.123456) + "{'ph");
        RunRecord run = RunRecord.read(folder);
        String page = HtmlReport.of(run);
        assertTrue(page.contains("This run is not finished.") && page.contains("1 of 160, not finished"), page);
        TrainingResult result = TrainingResult.of(List.of(run)).get(0);
        assertEquals(new TrainingResult("part", "mnist", "lenet5", 3, 1, 160, 60.123456, 60.123456, 1), result);
    }

    @Test
    void thePageHasEverySeriesOfTheRecords() throws IOException {
        String page = HtmlReport.of(pruned("run", "null"));
        JsonNode growth = data(page).at("/runs/0/growth");
        assertEquals("[0,2,4,6]", growth.get("x").toString());
        assertEquals(2, growth.get("layers").size());
        JsonNode conv1 = growth.get("layers").get("conv1");
        assertEquals("[0.25,0.5,1.25,1.25]", conv1.get("lambda").toString());
        assertEquals("[-1.0E-4,-1.0E-4,-1.0E-4,-1.0E-4]", conv1.get("lambdaMin").toString());
        assertEquals("[0.5,0.5,0.5,0.5]", conv1.get("kept").toString());
        assertEquals("[0.25,0.125,0.0625,0.03125]", conv1.get("pruned").toString());
        assertEquals("[2.0,4.0,8.0,16.0]", conv1.get("ratio").toString());
        assertEquals("[0.5,0.5,0.5,0.5]", conv1.get("spread").toString());
        assertEquals(2, growth.get("moments").size());
        assertEquals(
                "{\"scores\":[0.1,0.2,0.3,0.4],\"pruned\":[0,2]}",
                growth.at("/moments/1/layers/conv1").toString());
        assertTrue(page.contains("greg prune --seed 3"), "the command");
        assertTrue(page.contains("<td>parameters</td><td>1,000</td><td>500</td><td>2.00x</td>"), "sizes");
        assertTrue(
                page.contains("<td>measured, batch 8</td><td>3.000 ms</td><td>2.000 ms</td><td>1.50x</td>"), "speed");
        assertTrue(page.contains("--a:50.0%\">4 \u2192 2</span>"), "filters of conv1");
        assertTrue(page.contains("--b:100.0%;--a:50.0%\">2.000 \u2192 1.000</span>"), "times of conv1");
        assertTrue(page.contains("<td>pruning.reg_upper_limit</td><td>1.0</td>"), "settings");
        // of groups 0 and 2 L1 would have taken 0; two choices of 2 of 4 share half by chance
        assertTrue(
                page.contains("<td>2 of 4</td><td><span class=\"bar\" style=\"--b:100%;--a:50.0%\">1 of 2 (50%)"),
                page);
    }

    /** What is drawn is inside, nothing else may be loaded, and no other script may run. */
    @Test
    void nothingIsLoadedFromElsewhere() throws Exception {
        RunRecord run = pruned("run", "null");
        for (String page : List.of(HtmlReport.of(run), HtmlReport.live(run))) {
            Set<String> sums = new TreeSet<>();
            StringBuilder rest = new StringBuilder();
            Matcher script = SCRIPT.matcher(page);
            while (script.find()) {
                script.appendReplacement(rest, "");
                if (script.group(1).contains("application/json")) continue;
                byte[] sum = MessageDigest.getInstance("SHA-256")
                        .digest(script.group(2).getBytes(StandardCharsets.UTF_8));
                sums.add("'sha256-" + Base64.getEncoder().encodeToString(sum) + "'");
                assertFalse(script.group(1).contains("src"), script.group(1));
                assertFalse(Pattern.compile("https?://(?!www\\.w3\\.org/2000/svg)")
                        .matcher(script.group(2).replaceFirst("/\\*!.*?\\*/", ""))
                        .find());
            }
            script.appendTail(rest);
            assertEquals(2, sums.size(), "the library and the script");
            Matcher policy = Pattern.compile("Content-Security-Policy\" content=\"([^\"]*)\"")
                    .matcher(page);
            assertTrue(policy.find());
            List<String> allowed = new ArrayList<>(List.of(policy.group(1).split("; ")));
            assertTrue(allowed.remove("default-src 'none'"), policy.group(1));
            assertTrue(allowed.remove("style-src 'unsafe-inline'"), policy.group(1));
            boolean live = page.contains("<script data-live>");
            assertEquals(live, allowed.remove("connect-src 'self'"), "only a live page asks, and only its own server");
            assertEquals(1, allowed.size(), policy.group(1));
            assertEquals(
                    sums,
                    new TreeSet<>(
                            List.of(allowed.get(0).replace("script-src ", "").split(" "))));
            String markup = rest.toString();
            assertFalse(markup.matches("(?s).*(https?:|src=|href=|@import|url\\(|<link|<img|<iframe).*"), markup);
        }
    }

    @Test
    void everyElementIsClosed() throws IOException {
        RunRecord run = pruned("run", "null");
        RunRecord other = pruned("other", "null");
        List<RunResult> results = new ArrayList<>(run.results());
        results.addAll(other.results());
        String several = HtmlReport.of(List.of(run, other), new ResultTable(results));
        for (String page : List.of(HtmlReport.of(run), several, HtmlReport.liveMessage("a < b"))) {
            String markup = SCRIPT.matcher(page)
                    .replaceAll("")
                    .replaceAll("(?s)<!--.*?-->", "")
                    .replaceAll("(?s)<style>.*?</style>", "");
            Deque<String> open = new ArrayDeque<>();
            Matcher tag = Pattern.compile("<(/?)([!\\w]+)[^<>]*>|<|&(?!\\w+;)").matcher(markup);
            while (tag.find()) {
                assertTrue(tag.group(2) != null, "a bare " + tag.group() + " in " + markup);
                if (VOID.contains(tag.group(2))) continue;
                if (tag.group(1).isEmpty()) open.push(tag.group(2));
                else assertEquals(open.pop(), tag.group(2), markup);
            }
            assertEquals(0, open.size(), open.toString());
        }
    }

    /** A name in a run folder is text, in the tables and in the data of the script. */
    @Test
    void namesCannotEndTheirPlace() throws IOException {
        String hostile = "</script><script>alert(1)</script><b>";
        Path folder = folder("hostile", config("train", hostile), epoch("train", 0, 60));
        RunRecord train = RunRecord.read(folder);
        String page = HtmlReport.of(List.of(train, train), new ResultTable(List.of()));
        assertFalse(page.contains("<script>alert"), page);
        String metrics = METRICS.replace("conv1", hostile);
        Path pruned = folder("pruned", config("prune", "lenet5"), metrics);
        Files.writeString(pruned.resolve("report.json"), report("null").replace("conv1", hostile));
        String other = HtmlReport.of(RunRecord.read(pruned));
        assertFalse(other.contains("<script>alert") || other.contains("<b>"), other);
        assertTrue(data(other).at("/runs/0/growth/layers").has(hostile));
    }

    /** Magnitudes, the scores of groups, sizes and times of layers came later. */
    @Test
    void theFolderOfAnEarlierVersionHasItsPage() throws IOException {
        StringBuilder old = new StringBuilder();
        for (String line : METRICS.lines().toList()) {
            if (line.contains("'scores'") || line.contains("'test'")) continue;
            if (line.contains("'stabilise'") && line.contains("layers")) continue;
            old.append(line.replaceAll(",'(kept|pruned)_magnitude':[^,]*", "")).append('\n');
        }
        Path folder = folder("old", config("prune", "lenet5"), old.toString());
        Files.writeString(folder.resolve("report.json"), report("null").replaceFirst(",\"layers\":\\[.*?]}", "}"));
        Files.writeString(folder.resolve("plan.json"), "{\"arch\":\"lenet5\"}");
        String page = HtmlReport.of(RunRecord.read(folder));
        JsonNode run = data(page).at("/runs/0");
        assertEquals("[0.25,0.5,1.25]", run.at("/growth/layers/conv1/lambda").toString());
        assertEquals("[null,null,null]", run.at("/growth/layers/conv1/kept").toString());
        assertEquals("stabilising", run.at("/curves/spans/3/name").asText());
        assertFalse(page.contains("Layer by layer") || page.contains("beside L1"), "there is nothing to fill them");
        assertTrue(page.contains("measured, batch 8"));
    }

    @Test
    void aTrainingAndARunUnderWayHavePages() throws IOException {
        Path train = folder("train", config("train", "lenet5"), epoch("train", 0, 60) + epoch("train", 1, 59));
        String page = HtmlReport.of(RunRecord.read(train));
        JsonNode curves = data(page).at("/runs/0/curves");
        assertEquals(
                "[60.0,59.0]",
                curve(curves.get("accuracy"), "test images").get("y").toString());
        assertEquals(
                "[10.0]", curve(curves.get("accuracy"), "best epoch").get("x").toString());
        assertEquals("training", curves.at("/spans/0/name").asText());
        assertTrue(page.contains("<td>59.00</td><td>60.00 (epoch 1)</td>"), page);

        String growing = METRICS.substring(0, METRICS.indexOf("{'phase':'stabilise'"));
        Path folder = folder("underway", config("prune", "lenet5"), growing + "{'phase':'gro");
        String live = HtmlReport.live(RunRecord.readUnderWay(folder));
        assertTrue(live.contains("This run is not finished."), live);
        assertEquals(3, data(live).at("/runs/0/growth/x").size(), "the record that is being written is left out");
        assertTrue(RunRecord.isUnfinishedPruning(folder) && !RunRecord.isUnfinishedPruning(train));
    }

    /** Points of one line differ in the ratios alone. */
    @Test
    void otherExperimentsHaveLinesOfTheirOwn() throws IOException {
        List<RunRecord> runs = new ArrayList<>();
        List<RunResult> results = new ArrayList<>();
        String[][] options = {{"0.5", "8"}, {"0.7", "8"}, {"0.7", "90"}};
        for (String[] o : options) {
            String name = "run" + runs.size();
            pruned(name, "null");
            Files.writeString(
                    temp.resolve(name).resolve("config.json"),
                    config("prune", "lenet5")
                            .replace("'options':{", "'options':{'stage-pr':'" + o[0] + "',")
                            .replace("'0:0.1','epochs':2", "'0:0.1','epochs':" + o[1])
                            .replace('\'', '"'));
            runs.add(RunRecord.read(temp.resolve(name)));
            results.addAll(runs.get(runs.size() - 1).results());
        }
        JsonNode points = data(HtmlReport.of(runs, new ResultTable(results))).at("/comparison/points");
        List<String> lines = new ArrayList<>();
        points.forEach(point ->
                lines.add(point.get("line").asText() + ": " + point.get("label").asText()));
        lines.removeIf(line -> line.startsWith("L1"));
        String greg = "GReg-2, lenet5 on mnist, epochs ";
        assertEquals(Set.of(greg + "8: 0.5", greg + "8: 0.7", greg + "90: 0.7"), Set.copyOf(lines));
    }

    @Test
    void severalRunsStandBesideEachOther() throws IOException {
        String published = "{'top1':{'mean':63.5,'std':0.5,'runs':3},'one_shot_l1_top1':null}";
        RunRecord a = pruned("a", published);
        RunRecord b = pruned("b", published);
        Files.writeString(
                temp.resolve("b").resolve("config.json"),
                config("prune", "lenet5").replace("'seed':3", "'seed':4").replace('\'', '"'));
        Files.writeString(
                temp.resolve("b").resolve("report.json"),
                report(published)
                        .replace("\"top1\":64.0", "\"top1\":66.0")
                        .replace("\"pruned_ms\":2.0", "\"pruned_ms\":1.0"));
        b = RunRecord.read(temp.resolve("b"));
        List<RunResult> results = new ArrayList<>(a.results());
        results.addAll(b.results());
        JsonNode comparison =
                data(HtmlReport.of(List.of(a, b), new ResultTable(results))).get("comparison");
        JsonNode greg = comparison.at("/points/0");
        assertEquals("GReg-2, lenet5 on mnist", greg.get("line").asText());
        assertEquals(65, greg.at("/accuracy/mean").asDouble());
        assertEquals(Math.sqrt(2), greg.at("/accuracy/std").asDouble(), 1e-9);
        assertEquals(2, greg.get("macs").asDouble());
        assertEquals((1.5 + 3) / 2, greg.at("/measured/8/mean").asDouble(), 1e-9);
        assertEquals(63.5, greg.at("/published/mean").asDouble());
        assertEquals(greg.get("measured"), comparison.at("/points/1/measured"), "L1's network has the same shape");
        assertTrue(comparison.at("/points/1/published").isNull());
        assertFalse(comparison.at("/points/1/line").equals(greg.get("line")), "L1 has a line of its own");
        assertEquals(4, comparison.get("epochs").size());
        assertEquals("b, L1", comparison.at("/epochs/3/name").asText());
        assertEquals(comparison.at("/epochs/0/row"), comparison.at("/epochs/2/row"), "seeds of one row");
    }
}
