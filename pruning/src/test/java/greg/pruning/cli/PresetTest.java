package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import greg.datasets.Datasets;
import greg.kernels.dry.DryBackend;
import greg.nn.NnModule;
import greg.nn.layer.Conv2d;
import greg.nn.train.Augmentation;
import greg.nn.train.TrainConfig;
import greg.pruning.graph.Granularity;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.PruningMethod;
import greg.pruning.report.NetworkSize;
import greg.pruning.report.Written;
import greg.pruning.run.NetworkSpec;
import greg.pruning.run.Preset;
import greg.pruning.run.Pruning;
import greg.pruning.run.Recipe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What each preset leaves of its network, compared with what the reference implementation
 * (MingSun-Tse/Regularization-Pruning at a4044028) left with the same ratios on random weights: filters of every
 * convolution, parameters, FLOPs.
 */
class PresetTest {
    @TempDir
    Path temp;

    private record Filled(
            NetworkSpec spec, GregConfig config, Pruning pruning, int batchSizePrune, TrainConfig finetune) {}

    private static Filled fill(Preset preset) {
        PruneOptions prune = new PruneOptions();
        TargetOptions target = new TargetOptions();
        ArchOptions arch = new ArchOptions();
        PresetFlags.fill(preset, prune, target, new SpeedOptions(), arch);
        NetworkSpec spec = NetworkSpec.of(arch.arch, Datasets.shape(preset.dataset()));
        Recipe recipe = preset.recipe();
        GregConfig config = prune.config(recipe, 0);
        return new Filled(
                spec,
                config,
                new Pruning(spec, config, target.target(config), null),
                prune.batchSizePrune(recipe),
                prune.finetune(recipe, Augmentation.NONE, 0));
    }

    static Stream<Map.Entry<String, JsonNode>> rows() throws Exception {
        return new ObjectMapper()
                .readTree(PresetTest.class.getResourceAsStream("/preset-structure.json")).properties().stream();
    }

    @ParameterizedTest
    @MethodSource("rows")
    void structureEqualsTheReference(Map.Entry<String, JsonNode> row) {
        JsonNode expected = row.getValue();
        for (JsonNode name : expected.get("presets")) {
            Filled filled = fill(Preset.of(name.asText()));
            Pruning.Cut cut = filled.pruning.dryRun();
            List<Integer> reference = new ArrayList<>();
            expected.get("n_filter_after").forEach(n -> reference.add(n.asInt()));
            assertEquals(reference, withoutShortcuts(cut), name.asText());
            assertEquals(expected.get("params_after").asLong(), cut.size().params(), name.asText());
            assertEquals(expected.get("flops_after").asLong(), cut.size().flops(), name.asText());
        }
    }

    private static List<Integer> withoutShortcuts(Pruning.Cut cut) {
        List<Integer> filters = new ArrayList<>();
        try (DryBackend dry = new DryBackend();
                NnModule network = cut.spec().build(dry)) {
            network.visit((path, m) -> {
                if (m instanceof Conv2d conv && !path.contains("downsample"))
                    filters.add(conv.weight().tensor().shape().dim(0));
            });
        }
        return filters;
    }

    @Test
    void everyPresetIsOfAStructureThatWasCheckedOrMasksSingleWeights() throws Exception {
        Set<String> checked = new HashSet<>();
        rows().forEach(row -> row.getValue().get("presets").forEach(name -> checked.add(name.asText())));
        for (String name : Preset.names()) {
            Filled filled = fill(Preset.of(name));
            assertEquals(checked.contains(name), filled.config.granularity() == Granularity.FILTER, name);
            assertTrue(
                    name.startsWith(filled.spec.arch() + "-" + Preset.of(name).dataset() + "-"), name);
            assertTrue(
                    name.contains("-"
                            + Written.name(filled.config.method()).toLowerCase().replace("-", "")),
                    name);
        }
        assertEquals(38, Preset.names().size());
    }

    @Test
    void unstructuredPresetsReachTheSparsityOfTheTable() {
        for (String method : List.of("greg1", "greg2")) {
            Filled filled = fill(Preset.of("resnet50-imagenet-unstructured-82.7-" + method));
            NetworkSize dense = NetworkSize.of(Pruning.cost(filled.spec));
            // the stem keeps all of its weights, biases and BN are not masked
            assertEquals(82.7, filled.pruning.dryRun().size().sparsityPercent(dense), 0.3);
        }
    }

    @Test
    void settingsAreThePapersForTheDataSet() {
        Filled vgg = fill(Preset.of("vgg19-cifar100-0.7-greg1"));
        assertEquals(PruningMethod.GREG_1, vgg.config.method());
        assertEquals(List.of(256, 10, 10_000), intervals(vgg));
        assertEquals(256, vgg.finetune.batchSize());
        assertEquals(128, fill(Preset.of("resnet56-cifar10-2.55x-greg2")).batchSizePrune);
        Filled resnet50 = fill(Preset.of("resnet50-imagenet-2.31x-greg2"));
        assertEquals(List.of(64, 5, 40_000), intervals(resnet50));
        assertEquals(1e-4, resnet50.config.weightDecay());
        assertEquals(1e-4, resnet50.finetune.weightDecay());
    }

    private static List<Integer> intervals(Filled filled) {
        GregConfig.Growing growing = filled.config.growing();
        return List.of(filled.batchSizePrune, growing.updateRegInterval(), growing.stabilizeRegInterval());
    }

    @Test
    void listShowsEveryNameAndItsNumbers() {
        Cli list = Cli.run("prune", "--preset", "list");
        assertEquals(0, list.code(), list.err());
        for (String name : Preset.names()) assertTrue(list.out().contains(name + " "), name);
        assertTrue(list.out().contains("89.49 ± 0.23"), list.out());
        Cli unknown = Cli.run("prune", "--preset", "resnet56-cifar10-0.9-greg3");
        assertEquals(2, unknown.code());
        assertTrue(unknown.err().contains("did you mean 'resnet56-cifar10-0.9-greg1'"), unknown.err());
    }

    /** ImageNet's own folder is read as imagefolder too; the settings stay the preset's. */
    @Test
    void otherImagesDoNotChangeThePresetsSettings() throws Exception {
        Path data = TinyData.cifar10(temp.resolve("cifar"));
        Path out = temp.resolve("run");
        List<String> args = new ArrayList<>(List.of("prune", "--preset", "resnet50-imagenet-2.31x-greg1"));
        args.addAll(List.of("--dataset", "cifar10", "--data", data.toString(), "--arch", "resnet8"));
        args.addAll(List.of("--stage-pr", "[0,0.5,0.5,0.5,0]", "--method", "L1", "--base-epochs", "1"));
        args.addAll(List.of("--base-lr", "0.001", "--no-finetune", "--batch-size", "10", "--out", out.toString()));
        Cli result = Cli.run(args.toArray(new String[0]));
        assertEquals(0, result.code(), result.err());
        JsonNode pruning =
                new ObjectMapper().readTree(out.resolve("config.json").toFile()).get("pruning");
        assertEquals(5, pruning.get("update_reg_interval").asInt());
        assertEquals(40_000, pruning.get("stabilize_reg_interval").asInt());
        assertEquals(64, pruning.get("batch_size_prune").asInt());
        assertEquals(1e-4, pruning.get("weight_decay").asDouble());
        assertEquals(
                "0:0.01,30:0.001,60:0.0001,75:0.00001",
                pruning.get("finetune").get("lr").asText());
    }

    /** Every training stops after one step. */
    private Cli run(Path out, String... more) throws Exception {
        Path data = TinyData.cifar10(temp.resolve("cifar"));
        List<String> args = new ArrayList<>(List.of("prune", "--out", out.toString()));
        if (!List.of(more).contains("synthetic")) args.addAll(List.of("--data", data.toString()));
        args.addAll(List.of("--base-epochs", "1", "--base-lr", "0.001", "--no-finetune", "--batch-size", "10"));
        args.addAll(List.of("--batch-size-prune", "10", "--max-iterations", "1"));
        args.addAll(List.of(more));
        Cli result = Cli.run(args.toArray(new String[0]));
        assertEquals(0, result.code(), result.err());
        return result;
    }

    private static JsonNode json(Path file) throws Exception {
        return new ObjectMapper().readTree(file.toFile());
    }

    /** What once printed 6.29 % beside 89.49 %. */
    @Test
    void aTrialOnAFewImagesHasNoPublishedNumbers() throws Exception {
        Path out = temp.resolve("run");
        Cli result = run(out, "--preset", "resnet56-cifar10-0.9-greg1", "--arch", "resnet8");
        assertFalse(result.out().contains("89.49"), result.out());
        assertTrue(json(out.resolve("report.json")).get("published").isNull());
        String why = result.err()
                .lines()
                .filter(l -> l.contains("published"))
                .findFirst()
                .orElseThrow();
        for (String part : List.of(
                "--epochs 120", "--base-epochs 200", "without --max-iterations", "50,000 training images, not 20")) {
            assertTrue(why.contains(part), why);
        }
    }

    @Test
    void flagsOverrideAPreset() throws Exception {
        Path out = temp.resolve("run");
        Cli result = run(out, "--preset", "resnet56-cifar10-0.9-greg1", "--arch", "resnet8", "--method", "L1");
        JsonNode report = json(out.resolve("report.json"));
        assertEquals("L1", report.get("pruned").get("method").asText());
        assertEquals("resnet8", report.get("arch").asText());
        JsonNode options = json(out.resolve("config.json")).get("options");
        assertEquals("[0,0.9,0.9,0.9,0]", options.get("stage-pr").asText());
        assertEquals("cifar10", options.get("dataset").asText());
        assertTrue(
                result.err()
                        .contains(
                                "warning: --preset resnet56-cifar10-0.9-greg1: its published numbers are left out, they"
                                        + " are for --method GReg-1, --arch resnet56"),
                result.err());
    }

    /** The paper's numbers are not shown for an experiment that is not the paper's. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--arch resnet8|--arch resnet56",
                "--method GReg-1|--method L1",
                "--wg channel|--wg filter",
                "--dataset synthetic --image-size 8|--dataset cifar10",
                "--stage-pr [0,0.9,0.9,0.8,0]|--stage-pr [0,0.9,0.9,0.9,0]",
                "--skip-layers [1.0]|without --skip-layers",
                "--prune-coupled|without --prune-coupled",
                "--stage-pr 0.5 --global|without --global",
                "--pick-pruned max|--pick-pruned min",
                "--score l2|--score l1",
            })
    void anotherExperimentHasNoPublishedNumbers(String flags, String reason) throws Exception {
        Path out = temp.resolve("run");
        List<String> args = new ArrayList<>(List.of("--preset", "resnet56-cifar10-0.9-l1"));
        args.addAll(List.of(flags.split(" ")));
        if (!flags.contains("--arch")) args.addAll(List.of("--arch", "resnet8"));
        Cli result = run(out, args.toArray(new String[0]));
        assertFalse(result.out().contains("published"), result.out());
        assertTrue(json(out.resolve("report.json")).get("published").isNull());
        List<String> said =
                result.err().lines().filter(l -> l.contains("published")).toList();
        assertEquals(1, said.size(), result.err());
        assertTrue(said.get(0).contains(reason), said.get(0));
    }
}
