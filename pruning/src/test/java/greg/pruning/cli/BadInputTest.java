package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.nn.StateDict;
import greg.nn.io.Safetensors;
import greg.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever is wrong, the output is one line that says what to do, and no files are left behind. */
class BadInputTest {
    @TempDir
    static Path data;

    @TempDir
    Path temp;

    @BeforeAll
    static void files() throws Exception {
        TinyData.cifar10(data.resolve("cifar"));
        TinyData.mnist(data.resolve("mnist"));
    }

    private String fails(int code, String... args) {
        return fails(0, code, args);
    }

    /** After so many lines that say what is done with a checkpoint. */
    private String fails(int notes, int code, String... args) {
        Cli result = Cli.run(args);
        assertEquals(code, result.code(), result.err());
        assertEquals("", result.out());
        List<String> all = result.err().lines().toList();
        List<String> lines = all.subList(Math.min(notes, all.size()), all.size());
        assertEquals(1, lines.size(), result.err());
        assertTrue(lines.get(0).startsWith("greg: "), result.err());
        assertFalse(lines.get(0).contains("Exception"), result.err());
        assertFalse(lines.get(0).contains("internal error"), result.err());
        return lines.get(0);
    }

    private String[] prune(String... more) {
        List<String> args = new ArrayList<>(List.of("prune", "--arch", "resnet8", "--dataset", "cifar10", "--data"));
        args.addAll(List.of(data.resolve("cifar").toString(), "--device", "reference"));
        args.addAll(List.of("--out", temp.resolve("run").toString()));
        args.addAll(Arrays.asList(more));
        return args.toArray(new String[0]);
    }

    private void nothingLeft() throws Exception {
        try (var content = Files.list(temp)) {
            assertEquals(List.of(), content.toList());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--stage-pr [0,0.5,0.5,0] | expected 5 ratios, one per stage, got 4",
                "--stage-pr [0,0.5,1.0,0.5,0] | ratio 1.0 is outside [0, 1)",
                "--stage-pr [0,0.5,-0.5,0.5,0] | outside [0, 1)",
                "--stage-pr [1-3:0.5] | layer index ranges are for single-branch networks",
                "--stage-pr layer9.*:0.5 | matches no layer",
                "--stage-pr half | is not a number",
                "--stage-pr 0.5 --skip-layers 7;7 | --skip-layers: expected",
                "--lr-prune 0.1 | --stage-pr is needed",
                "--stage-pr 0.5 --method GReg-3 | expected one of L1, GReg-1, GReg-2, FixReg",
                "--stage-pr 0.5 --wg filters | expected one of filter, channel, weight",
                "--stage-pr 0.5 --lr-prune -1 | --lr-prune: expected a number above 0",
                "--stage-pr 0.5 --lr-prune NaN | --lr-prune: expected a number above 0",
                "--stage-pr 0.5 --update-reg-interval 0 | --update-reg-interval: expected 1 or more",
                "--stage-pr 0.5 --batch-size 0 | --batch-size: expected a whole number from 1 to 65536",
                "--stage-pr 0.5 --momentum 1 | --momentum",
                "--stage-pr 0.5 --lr-ft 5:0.1 | the first epoch must be 0",
                "--stage-pr 0.5 --epochs -1 | --epochs: expected 0 or more",
                "--stage-pr 0.5 --base-epochs -1 | --base-epochs",
                "--stage-pr 0.5 --augment strong | --augment: expected standard, crop, resized-crop or none",
                "--stage-pr 0.5 --augment resized-crop | --augment resized-crop: expected a data set of image files",
                "--stage-pr 0.5 --mean 0.5 | --mean and --std: give both or neither",
                "--stage-pr 0.5 --mean 0.5 --std 0.5 | expected 3 values each",
                "--stage-pr 0.5 --mean 0.5,0.5,0.5 --std 0.5,0,0.5 | positive std",
                "--stage-pr 0.5 --threads -2 | --threads: expected a whole number from 0 to 1024",
                "--stage-pr 0.5 --epochs many | --epochs",
                "--stage-pr 0.5 --precision fp16 | --precision: expected fp32, tf32 or bf16, got 'fp16'",
                "--stage-pr 0.5 --device cpu --precision tf32 | --precision tf32: --device cpu computes in fp32 or, with",
                "--stage-pr 0.5 --device reference --precision bf16 | --precision bf16: --device reference computes in fp32 only",
                "--stage-pr 0.5 --reinit default --no-finetune --max-iterations 1 | --reinit default: there is no finetuning",
                "--stage-pr 0.5 --reinit orth --epochs 0 --max-iterations 1 | --reinit orth: there is no finetuning",
                "--stage-pr [0,0.5,0.3,0.5,0] --global --max-iterations 1 | --global: expected one ratio in [0, 1) for all layers",
                "--stage-pr -1 --global --max-iterations 1 | --global: expected one ratio in [0, 1) for all layers",
                "--stage-pr 0.5 --device tpu | unknown device 'tpu'; expected auto, cpu, cuda",
            })
    void pruneRefuses(String flags, String message) throws Exception {
        List<String> all = new ArrayList<>(Arrays.asList(prune()));
        for (String flag : flags.split(" ")) {
            int known = flag.startsWith("--") ? all.indexOf(flag) : -1;
            if (known < 0) all.add(flag);
            else all.subList(known, known + 2).clear();
            if (known >= 0) all.add(flag);
        }
        String line = fails(2, all.toArray(new String[0]));
        assertTrue(line.contains(message), line);
        nothingLeft();
    }

    @Test
    void unknownNamesAreAnsweredWithTheNearest() {
        assertTrue(fails(2, "train", "--arch", "resnet57").contains("(did you mean 'resnet56'?)"));
        assertTrue(fails(2, "train", "--dataset", "cifar").contains("(did you mean 'cifar10'?)"));
        assertTrue(fails(2, "prune", "--stage_prr", "0.5").contains("'--stage-prr' (did you mean '--stage-pr'?)"));
    }

    @Test
    void aMissingFolderSaysWhichFilesAndHowToGetThem() throws Exception {
        Path nowhere = data.resolve("nowhere");
        String line = fails(1, "train", "--dataset", "cifar10", "--data", nowhere.toString(), "--out", temp + "/run");
        for (String part :
                List.of("data_batch_1.bin", "test_batch.bin", nowhere.toString(), "greg data fetch cifar10")) {
            assertTrue(line.contains(part), line);
        }
        nothingLeft();
    }

    @Test
    void aTruncatedFileIsNamed() throws Exception {
        Path broken = TinyData.cifar10(data.resolve("broken"));
        Path file = broken.resolve("data_batch_3.bin");
        Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 5000));
        String line = fails(1, "train", "--dataset", "cifar10", "--data", broken.toString(), "--out", temp + "/run");
        assertTrue(line.contains(file + ": truncated"), line);
        nothingLeft();
    }

    @Test
    void checkpointsThatDoNotFitAreRefused() throws Exception {
        Path run = data.resolve("lenet");
        if (!Files.exists(run)) {
            Cli made = Cli.run(
                    "train",
                    "--arch",
                    "lenet5",
                    "--dataset",
                    "mnist",
                    "--data",
                    data.resolve("mnist").toString(),
                    "--device",
                    "reference",
                    "--epochs",
                    "0",
                    "--out",
                    run.toString());
            assertEquals(0, made.code(), made.err());
        }
        String cifar = data.resolve("cifar").toString();
        String arch = fails(2, 2, prune("--stage-pr", "0.5", "--weights", run.toString()));
        assertTrue(arch.contains("holds a lenet5"), arch);
        String planes = fails(
                2,
                2,
                "evaluate",
                "--weights",
                run.toString(),
                "--dataset",
                "cifar10",
                "--data",
                cifar,
                "--device",
                "reference");
        assertTrue(planes.contains("was made for 1 planes"), planes);
        Path foreign = data.resolve("foreign.safetensors");
        StateDict other = new StateDict();
        other.put("conv.weight", Shape.of(2), 1, 2);
        Safetensors.write(foreign, other, Map.of());
        String names = fails(2, prune("--stage-pr", "0.5", "--weights", foreign.toString()));
        assertTrue(names.contains(foreign + " does not fit --arch resnet8"), names);
        String missing = fails(
                1, "evaluate", "--weights", temp.resolve("none.safetensors").toString());
        assertTrue(missing.contains("there is no such file"), missing);
        Path garbage = data.resolve("garbage.safetensors");
        Files.writeString(garbage, "this is no checkpoint");
        assertTrue(fails(1, "evaluate", "--weights", garbage.toString()).contains(garbage.toString()));
        assertTrue(fails(1, "evaluate", "--weights", temp.toString()).contains("is a folder with none of"));
        assertTrue(fails(2, "evaluate").contains("--weights: expected a checkpoint file"));
        nothingLeft();
    }

    @Test
    void aFolderThatCannotBeWrittenIsFoundBeforeAnyWork() throws Exception {
        Path file = data.resolve("a-file");
        Files.writeString(file, "in the way");
        String line = fails(1, "train", "--arch", "lenet5", "--device", "reference", "--out", file + "/run");
        assertTrue(line.contains("cannot be written"), line);
    }
}
