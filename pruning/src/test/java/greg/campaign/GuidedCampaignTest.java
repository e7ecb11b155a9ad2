package greg.campaign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same targets with jazzer, which keeps the inputs that reach new code, and watches for paths and classes that inputs choose. */
class GuidedCampaignTest {
    private static final int SHORT = 2000;
    private static final int TARGETS = 9;
    private static final Pattern DONE = Pattern.compile("Done (\\d+) runs in (\\d+) second");
    private static final Pattern COVERED = Pattern.compile("cov: (\\d+)");

    @BeforeAll
    static void runs() throws Exception {
        RunTargets.prepare(Options.OUT.resolve("runs-guided"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"safetensors", "torch-legacy", "tar", "report"})
    void inEveryBuild(String target) throws Exception {
        guided(target);
    }

    @ParameterizedTest
    @ValueSource(strings = {"torch-zip", "zip", "config", "metrics", "state"})
    void inLongCampaigns(String target) throws Exception {
        if (Options.isLong()) guided(target);
    }

    private static void guided(String name) throws Exception {
        Target target = Targets.named(name);
        Path folder = Options.OUT.resolve("guided-" + name);
        RunTargets.delete(folder);
        Path corpus = Files.createDirectories(folder.resolve("corpus"));
        Path findings = Files.createDirectories(folder.resolve("findings"));
        List<byte[]> known = new Inputs(target, Options.SEED).known();
        for (int i = 0; i < known.size(); i++) Files.write(corpus.resolve("known" + i), known.get(i));
        Path scratch = Options.scratch("greg-guided");
        List<String> command = Options.java(
                "-Xmx256m",
                "-Dgreg.campaign.target=" + name,
                "-Dgreg.campaign.scratch=" + scratch,
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + GuidedTarget.class.getName(),
                "--instrumentation_includes=greg.**:net.razorvine.**",
                "--keep_going=100",
                "--reproducer_path=" + findings,
                "-artifact_prefix=" + findings + "/",
                "-seed=" + Options.SEED,
                "-timeout=10",
                "-rss_limit_mb=0",
                Options.isLong() ? "-max_total_time=" + Math.round(60 * Options.MINUTES / TARGETS) : "-runs=" + SHORT,
                corpus.toString());
        Path log = folder.resolve("log.txt");
        int code = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start()
                .waitFor();
        RunTargets.delete(scratch);
        String said = Files.readString(log);
        List<String> artifacts;
        try (Stream<Path> files = Files.list(findings)) {
            artifacts = files.map(f -> f.getFileName().toString()).sorted().toList();
        }
        Matcher done = DONE.matcher(said);
        assertTrue(done.find(), "it did not end by itself, exit code " + code + "; see " + log);
        String covered = COVERED.matcher(said)
                .results()
                .reduce((a, b) -> b)
                .map(m -> m.group(1))
                .orElse("0");
        Options.say(String.format(
                Locale.ROOT,
                "%-14s %,11d inputs guided by jazzer, %s places covered, %d findings; %,d per second",
                name,
                Long.parseLong(done.group(1)),
                covered,
                artifacts.size(),
                Long.parseLong(done.group(1)) / Math.max(1, Long.parseLong(done.group(2)))));
        assertEquals(List.of(), artifacts, "see " + log);
        assertEquals(0, code, "see " + log);
    }
}
