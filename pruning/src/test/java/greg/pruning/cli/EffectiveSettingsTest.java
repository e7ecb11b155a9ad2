package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.datasets.Datasets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a run says before it begins: its settings, and where each comes from. */
class EffectiveSettingsTest extends LenetRuns {
    private static List<String> line(Cli run, String origin) {
        return run.err()
                .lines()
                .filter(l -> l.startsWith("  " + origin + " "))
                .map(l -> l.substring(23))
                .findFirst()
                .map(l -> Arrays.asList(l.split(" (?=--)")))
                .orElse(List.of());
    }

    @Test
    void eachSettingHasItsOrigin() {
        Cli run = prune(temp.resolve("run"), "--stage-pr", RATIOS, "--method", "GReg-1", "--no-finetune");
        assertEquals(0, run.code(), run.err());
        List<String> flags = line(run, "flag");
        assertTrue(
                flags.containsAll(List.of("--stage-pr " + RATIOS, "--method GReg-1", "--lr-prune 0.01")), flags + "");
        assertEquals(List.of("--arch lenet5"), line(run, "checkpoint"));
        List<String> recipe = line(run, "recipe cifar");
        assertEquals(List.of("--wg filter", "--weight-decay 0.0005"), recipe);
        List<String> defaults = line(run, "default");
        assertTrue(defaults.contains("--momentum 0.9"), defaults + "");
        assertFalse(run.err().contains("--reg-granularity-recover "), "GReg-1 does not read it: " + run.err());
        assertFalse(run.err().contains("--lr-ft "), "there is no finetuning: " + run.err());
    }

    @Test
    void aPresetAndTheTrainingOfANetworkSayItToo() throws Exception {
        Path data = TinyData.cifar10(temp.resolve("cifar"));
        Cli preset = Cli.run(("prune --preset resnet56-cifar10-0.5-l1 --arch resnet8 --no-finetune --base-epochs 0"
                        + " --batch-size 10 --data " + data + " --out " + temp.resolve("preset"))
                .split(" "));
        assertEquals(0, preset.code(), preset.err());
        assertEquals(
                List.of("--method L1", "--dataset cifar10", "--wg filter", "--stage-pr [0,0.5,0.5,0.5,0]"),
                line(preset, "preset"));
        assertTrue(line(preset, "flag").contains("--epochs 0"), "that is --no-finetune: " + preset.err());
        Cli train = Cli.run(("train --weights " + base + " --data " + shared.resolve("mnist") + " --epochs 0 --out "
                        + temp.resolve("train"))
                .split(" "));
        assertEquals(0, train.code(), train.err());
        assertTrue(line(train, "checkpoint").containsAll(List.of("--arch lenet5", "--dataset mnist")), train.err());
        assertTrue(line(train, "flag").isEmpty() || !line(train, "flag").contains("--arch lenet5"), train.err());
        assertTrue(line(train, "default").contains("--lr 0:0.1,100:0.01,150:0.001"), train.err());
    }

    @Test
    void whatARunWorksOutItselfIsNoDefault() {
        Cli fast = prune(
                temp.resolve("fast"), "--method", "L1", "--no-finetune", "--device", "cpu", "--target-speedup", "1.1");
        assertEquals(0, fast.code(), fast.err());
        List<String> measured = line(fast, "measured");
        assertEquals(1, measured.size(), fast.err());
        assertTrue(measured.get(0).startsWith("--stage-pr "), measured + "");
        String[] matched = {"--stage-pr", RATIOS, "--no-finetune", "--method", "FixReg", "--one-shot", "matched"};
        Cli fixed = prune(temp.resolve("fixed"), matched);
        assertEquals(0, fixed.code(), fixed.err());
        // GReg-1: an update at each of the steps 0 to 4, until lambda is above 1, and two more steps
        assertEquals(List.of("--stabilize-reg-interval 6"), line(fixed, "matched to GReg-1"), fixed.err());
    }

    @Test
    void theDemonstrationHasItsNetworkAndRatiosFromItsRecipe() {
        Cli demo = Cli.run(
                ("prune --base-epochs 0 --no-finetune --max-iterations 1 --out " + temp.resolve("demo")).split(" "));
        assertEquals(0, demo.code(), demo.err());
        List<String> recipe = line(demo, "recipe demonstration");
        List<String> expected = List.of("--arch resnet8", "--stage-pr [0,0.7,0.7,0.7,0]", "--one-shot", "--wg channel");
        assertTrue(recipe.containsAll(expected), recipe + "");
    }

    /** Whatever the data set is called. */
    @ParameterizedTest
    @CsvSource({"32, cifar, 10", "63, cifar, 10", "64, imagenet, 5"})
    void theRecipeFollowsTheSizeOfTheImages(int size, String recipe, int interval) throws Exception {
        Path folder = TinyData.imageFolder(temp.resolve("images"));
        Path out = temp.resolve("run" + size);
        assertFalse(Datasets.shaped().contains("imagefolder"));
        Cli run = Cli.run(("prune --arch resnet8 --dataset imagefolder --image-size " + size + " --data " + folder
                        + " --method GReg-1 --stage-pr [0,0.5,0.5,0.5,0] --no-finetune --base-epochs 0 --max-iterations 1"
                        + " --batch-size 2 --batch-size-prune 2 --out " + out)
                .split(" "));
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("recipe " + recipe + ", for images of " + size + " pixels"), run.err());
        assertEquals(
                interval,
                JSON.readTree(out.resolve("config.json").toFile())
                        .get("pruning")
                        .get("update_reg_interval")
                        .asInt());
    }
}
