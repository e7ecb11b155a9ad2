package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code --base-pr-model}: what one run removed is removed by another too, or the error says why not. */
class InheritTest extends LenetRuns {
    @Test
    void inheritsGroupsOrRatiosFromAnotherRun() throws Exception {
        Path first = pruned(
                "first",
                "--method",
                "L1",
                "--stage-pr",
                "conv1:0.5,conv2:0.3",
                "--no-finetune",
                "--pick-pruned",
                "max");
        Path index = pruned(
                "index",
                "--method",
                "GReg-1",
                "--base-pr-model",
                first.toString(),
                "--inherit-pruned",
                "index",
                "--no-finetune");
        for (String layer : List.of("conv1", "conv2")) assertArrayEquals(kept(first, layer), kept(index, layer));
        Path ratios = pruned(
                "ratios",
                "--method",
                "L1",
                "--base-pr-model",
                first.resolve("pruned.safetensors").toString(),
                "--inherit-pruned",
                "pr",
                "--no-finetune");
        assertArrayEquals(three(true), kept(ratios, "conv1"), "chosen again: the smallest are removed");
        assertEquals(kept(first, "conv2").length, kept(ratios, "conv2").length);
        // by default the same groups, as in the reference; GReg-2 and the paper's semantics choose themselves
        String[] from = {"--base-pr-model", first.toString(), "--no-finetune", "--method"};
        Path same1 = pruned("default1", with(from, "GReg-1"));
        assertArrayEquals(kept(first, "conv1"), kept(same1, "conv1"));
        for (String[] chooses : List.of(with(from, "GReg-2"), with(from, "GReg-1", "--semantics", "paper"))) {
            Path byDefault = pruned("default" + chooses.length, chooses);
            assertEquals(kept(first, "conv2").length, kept(byDefault, "conv2").length);
            assertFalse(Arrays.equals(kept(first, "conv1"), kept(byDefault, "conv1")), "not the largest");
        }
        // channel groups of conv2 are the filters of conv1
        Path channels = pruned(
                "channels",
                "--method",
                "GReg-1",
                "--wg",
                "channel",
                "--base-pr-model",
                first.toString(),
                "--inherit-pruned",
                "index",
                "--no-finetune");
        assertArrayEquals(kept(first, "conv1"), kept(channels, "conv1"));
        assertArrayEquals(kept(first, "conv2"), kept(channels, "conv2"));
        Path weights = pruned(
                "weights",
                "--method",
                "L1",
                "--wg",
                "weight",
                "--stage-pr",
                RATIOS,
                "--no-finetune",
                "--pick-pruned",
                "rand");
        Path same = pruned(
                "same",
                "--method",
                "FixReg",
                "--wg",
                "weight",
                "--base-pr-model",
                weights.toString(),
                "--inherit-pruned",
                "index");
        assertArrayEquals(
                state(weights).get("mask.conv2.weight").values(),
                state(same).get("mask.conv2.weight").values());
        expectError(2, "picks its groups itself", "--base-pr-model", first.toString(), "--inherit-pruned", "index");
        expectError(2, "--wg filter or channel", "--base-pr-model", weights.toString());
        expectError(2, "is not pruned", "--base-pr-model", base.toString());
        expectError(2, "leave out --stage-pr", "--base-pr-model", first.toString(), "--stage-pr", RATIOS);
        expectError(
                2,
                "give the run to inherit from with --base-pr-model",
                "--inherit-pruned",
                "index",
                "--stage-pr",
                RATIOS);
    }

    private static String[] with(String[] flags, String... more) {
        List<String> all = new ArrayList<>(List.of(flags));
        all.addAll(List.of(more));
        return all.toArray(new String[0]);
    }

    @Test
    void channelGroupsThatCannotSayWhatWasLostAreRefused() throws Exception {
        Path first = pruned(
                "first",
                "--method",
                "L1",
                "--stage-pr",
                "conv2:0.3,conv3:0.5",
                "--no-finetune",
                "--pick-pruned",
                "max");
        for (String mode : List.of("index", "pr")) {
            String[] inherit = {
                "--method", "GReg-1", "--wg", "channel", "--base-pr-model", first.toString(), "--inherit-pruned", mode
            };
            // the filters of conv3 are read only by a linear layer
            expectError(2, "it lost filters of conv3, which no convolution reads", inherit);
            expectError(2, "--wg filter", inherit);
        }
        Path filters = pruned(
                "filters",
                "--method",
                "GReg-1",
                "--base-pr-model",
                first.toString(),
                "--inherit-pruned",
                "index",
                "--no-finetune");
        for (String layer : List.of("conv2", "conv3")) assertArrayEquals(kept(first, layer), kept(filters, layer));
    }

    @Test
    void whatCannotBeInheritedIsSaidBeforeAnyWork() throws Exception {
        Path first = pruned("first", "--method", "L1", "--stage-pr", RATIOS, "--no-finetune");
        List<List<String>> wrong =
                List.of(List.of("--method", "GReg-2"), List.of("--method", "GReg-1", "--semantics", "paper"));
        for (List<String> flags : wrong) {
            Path out = temp.resolve("never");
            List<String> args = new ArrayList<>(List.of("prune", "--arch", "lenet5", "--out", out.toString()));
            args.addAll(data());
            args.addAll(flags);
            args.addAll(List.of("--base-pr-model", first.toString(), "--inherit-pruned", "index"));
            args.addAll(List.of("--base-epochs", "1", "--batch-size", "8"));
            Cli refused = Cli.run(args.toArray(new String[0]));
            assertEquals(2, refused.code(), refused.err());
            assertEquals(1, refused.err().strip().lines().count(), refused.err());
            assertTrue(refused.err().contains("greg: --inherit-pruned index: "), refused.err());
            assertFalse(Files.exists(out), "a folder was made");
        }
    }
}
