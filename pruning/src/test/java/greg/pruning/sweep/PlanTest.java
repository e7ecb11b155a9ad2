package greg.pruning.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.pruning.run.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The file of a plan, and the names of its runs. */
class PlanTest {
    @TempDir
    Path temp;

    private Plan read(String file, String text) throws Exception {
        return Plan.read(Files.writeString(temp.resolve(file), text));
    }

    /** Its runs as {@code name=value} words. */
    private static List<String> runs(Plan plan) {
        return plan.runs().stream()
                .map(run -> run.stream().map(g -> g.name() + "=" + g.text()).collect(Collectors.joining(" ")))
                .toList();
    }

    @Test
    void presetsAndRunsAreCrossedWithEveryValue() throws Exception {
        Plan plan = read(
                "plan.yaml",
                """
                out: runs/table   # a comment
                command: train
                flags: {lr: "0:0.1,60:0.01", weight-decay: 1e-4}
                presets: [a]
                runs:
                  - {arch: vgg19, no-finetune: true}
                  - arch: resnet20
                cross:
                  stage-pr: [[0, 0.70, 0], 0.5]
                  seed: [0, 1]
                """);
        assertEquals(Path.of("runs/table"), plan.folder());
        assertEquals("train", plan.command().text());
        String common = "lr=0:0.1,60:0.01 weight-decay=1e-4 ";
        List<String> expected = new ArrayList<>();
        for (String row : List.of("preset=a", "arch=vgg19 no-finetune=true", "arch=resnet20")) {
            for (String ratio : List.of("[0,0.70,0]", "0.5")) {
                for (int seed = 0; seed < 2; seed++)
                    expected.add(common + row + " stage-pr=" + ratio + " seed=" + seed);
            }
        }
        assertEquals(expected, runs(plan));
    }

    @Test
    void jsonIsTheSame() throws Exception {
        String json = "{\"out\": \"o\", \"flags\": {\"arch\": \"lenet5\", \"no-finetune\": true},\n"
                + "\t\"cross\": {\"stage-pr\": [[0, 0.5], 0.25], \"seed\": [7]}}";
        Plan plan = read("plan.json", json);
        assertEquals("prune", plan.command().text());
        assertEquals(
                List.of(
                        "arch=lenet5 no-finetune=true stage-pr=[0,0.5] seed=7",
                        "arch=lenet5 no-finetune=true stage-pr=0.25 seed=7"),
                runs(plan));
        assertEquals(runs(plan), runs(read("same.yaml", json.replace("\t", " "))));
    }

    @Test
    void onlyWhatIsGivenToAllDoesNotVary() throws Exception {
        Plan plan = read("plan.yml", "flags: {arch: lenet5}\nruns: [{epochs: 1}]\ncross: {seed: [0]}\n");
        Map<String, Boolean> varies = new LinkedHashMap<>();
        plan.runs().get(0).forEach(g -> varies.put(g.name(), g.varies()));
        assertEquals(Map.of("arch", false, "epochs", true, "seed", true), varies);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | plan.yaml:1: expected keys with values, got nothing",
                "- 1 | plan.yaml:1: expected keys with values, got a list",
                "out: a\\nflag: {} | plan.yaml:2: flag: unknown key (did you mean 'flags'?)",
                "out: a\\nflags: [1 | plan.yaml:2: is not YAML",
                "out: a\\nout: b | plan.yaml:2: out: is there twice",
                "out: [a] | plan.yaml:1: out: expected one value, got a list",
                "flags: {arch: } | plan.yaml:1: flags.arch: expected one value, got nothing",
                "flags: {arch: ''} | plan.yaml:1: flags.arch: expected a value, got an empty text",
                "flags: {arch: {a: b}} | plan.yaml:1: flags.arch: expected one value, got keys with values",
                "cross: {seed: 1} | plan.yaml:1: cross.seed: expected a list, got '1'",
                "cross: {seed: []} | plan.yaml:1: cross.seed: expected at least one value",
                "presets: a | plan.yaml:1: presets: expected a list, got 'a'",
                "runs: [a] | plan.yaml:1: runs[0]: expected keys with values, got 'a'",
                "runs: [&x {a: *x}] | is nested deeper than a plan is",
                "cross: {? [a] : [1]} | plan.yaml:1: cross: expected a name as key",
                "a: &a [1,1,1,1,1,1,1,1,1]\\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\\nc: [*b,*b,*b,*b,*b,*b] | unknown key",
            })
    void whatIsWrongIsSaidWithItsPlace(String text, String said) {
        UsageException e = assertThrows(UsageException.class, () -> read("plan.yaml", text.replace("\\n", "\n")));
        assertTrue(e.getMessage().contains(said), e.getMessage());
        assertTrue(e.getMessage().startsWith(temp.resolve("plan.yaml").toString()), e.getMessage());
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
    }

    @Test
    void filesThatAreNone() throws Exception {
        for (String name : List.of("plan.txt", "nowhere.yaml", "folder.json")) {
            if (name.startsWith("folder")) Files.createDirectory(temp.resolve(name));
            UsageException e = assertThrows(UsageException.class, () -> Plan.read(temp.resolve(name)));
            assertTrue(e.getMessage().contains("expected a plan"), e.getMessage());
        }
        assertThrows(UsageException.class, () -> read("half.json", "{\"out\": "));
        assertThrows(UsageException.class, () -> read("plan.yaml", "flags: {}").folder());
    }

    @Test
    void tooManyRunsAreASlip() {
        String seeds = "[" + "1,".repeat(200) + "1]";
        UsageException e = assertThrows(
                UsageException.class, () -> read("plan.yaml", "cross: {a: %s, b: %s}".formatted(seeds, seeds)));
        assertTrue(e.getMessage().contains("cross.b: makes 40401 runs"), e.getMessage());
    }

    private static String name(String... settings) {
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < settings.length; i += 2) map.put(settings[i], settings[i + 1]);
        return RunName.of(map, "prune");
    }

    @Test
    void namesAreReadable() {
        assertEquals("prune", name());
        assertEquals(
                "method=GReg-1_stage-pr=0,0.7,0.7,0_seed=0",
                name("method", "GReg-1", "stage-pr", "[0,0.7,0.7,0]", "seed", "0"));
        assertEquals("stage-pr=conv1@0.5,conv2@0.25", name("stage-pr", "conv1:0.5,conv2:0.25"));
        assertEquals("lr=0@1e-4", name("lr", "0:1e-4"));
    }

    @Test
    void namesAreDifferentSafeAndNotLong() {
        List<String> values = List.of(
                "a/b", "a:b", "a@b", "a b", "a\\b", "../a", "a*b", "a?b", "é", "è", "a".repeat(300), "a".repeat(301));
        List<String> names = values.stream().map(v -> name("weights", v)).toList();
        assertEquals(values.size(), new HashSet<>(names).size(), names.toString());
        for (String name : names) assertTrue(name.matches("[\\w.,+@=~-]{1,100}"), name);
        assertEquals(
                List.of("weights=a@b"),
                names.stream().filter(n -> !n.contains("~")).toList());
    }
}
