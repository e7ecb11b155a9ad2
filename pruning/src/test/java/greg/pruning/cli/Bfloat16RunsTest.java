package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import greg.kernels.BackendsUnderTest;
import greg.pruning.report.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --device cpu --precision bf16}. */
class Bfloat16RunsTest {
    @TempDir
    Path temp;

    @AfterEach
    void noInterruptIsLeft() {
        Interrupts.pretend(0);
    }

    private String[] prune(Path out) throws Exception {
        Path images = temp.resolve("cifar");
        if (!Files.exists(images)) TinyData.cifar10(images);
        List<String> args = new ArrayList<>(List.of("prune", "--arch", "resnet8", "--dataset", "cifar10"));
        args.addAll(List.of("--data", images.toString(), "--device", "cpu", "--precision", "bf16", "--threads", "1"));
        // 6 of 16, 12 of 32 and 24 of 64 filters: widths that fill no vector
        args.addAll(List.of("--stage-pr", "[0,0.6,0.6,0.6,0]", "--base-epochs", "1", "--base-lr", "0.05"));
        args.addAll(List.of("--epochs", "2", "--lr-ft", "0.01", "--batch-size", "8", "--batch-size-prune", "8"));
        args.addAll(List.of("--update-reg-interval", "2", "--stabilize-reg-interval", "3", "--reg-upper-limit", "1"));
        args.addAll(List.of("--reg-upper-limit-pick", "0.5", "--reg-granularity-pick", "0.25"));
        args.addAll(List.of("--reg-granularity-prune", "0.25", "--out", out.toString()));
        return args.toArray(new String[0]);
    }

    @Test
    void anInterruptedRunEndsWithTheSameBitsAndItsRecordSaysInWhichPrecision() throws Exception {
        BackendsUnderTest.cpuInBfloat16();
        Path whole = temp.resolve("whole");
        Path broken = temp.resolve("broken");
        Cli uninterrupted = Cli.run(prune(whole));
        assertEquals(0, uninterrupted.code(), uninterrupted.err());
        String said = ResumeTest.interrupted(prune(broken), broken, 2);
        assertFalse(said.contains("warning: precision"), said);
        RunFolders.assertSame(whole, broken);
        JsonNode config = Json.read(whole.resolve("config.json"));
        assertEquals("bf16", config.get("precision").asText());
        assertEquals("bf16", config.get("options").get("precision").asText());
    }

    @Test
    void aProcessorWithoutItRefusesInOneLine() throws Exception {
        BackendsUnderTest.open("cpu");
        List<String> args = new ArrayList<>(List.of("train", "--arch", "lenet5", "--dataset", "synthetic"));
        args.addAll(List.of(
                "--device",
                "cpu",
                "--precision",
                "bf16",
                "--out",
                temp.resolve("run").toString()));
        ProcessBuilder greg = new ProcessBuilder(Greg.command(List.of(), args.toArray(new String[0])));
        greg.environment().put("ONEDNN_MAX_CPU_ISA", "AVX2");
        Process process = greg.redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        assertEquals(1, process.waitFor(), said);
        assertEquals(1, said.lines().count(), said);
        assertTrue(
                said.contains("precision bf16 needs a processor with AVX512-BF16 or AMX, this one's widest instruction"
                        + " set is AVX2"),
                said);
        assertFalse(Files.exists(temp.resolve("run")), "nothing is left");
    }
}
