package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import greg.pruning.report.Json;
import greg.pruning.run.RunState;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that is resumed on another processor than it was begun on. */
class ResumeElsewhereTest {
    @TempDir
    Path temp;

    private Path config;

    @BeforeEach
    void aRunThatWasInterrupted() throws Exception {
        TinyData.mnist(temp.resolve("data"));
        Interrupts.pretend(1);
        Cli begun = Cli.run(
                "train",
                "--arch",
                "lenet5",
                "--dataset",
                "mnist",
                "--data",
                temp.resolve("data").toString(),
                "--device",
                "reference",
                "--epochs",
                "1",
                "--batch-size",
                "10",
                "--lr",
                "0.05",
                "--out",
                temp.resolve("run").toString());
        assertEquals(Failures.INTERRUPTED, begun.code(), begun.err());
        Path run = temp.resolve("run");
        config = run.resolve("config.json");
        // a checkpoint has its checksum; until there is one, it is only compared
        Files.delete(run.resolve(RunState.FILE));
        Files.delete(run.resolve(RunState.PREVIOUS));
    }

    @AfterEach
    void noInterruptIsLeft() {
        Interrupts.pretend(0);
    }

    private String resumed(ObjectNode changed) throws Exception {
        Files.writeString(config, Json.line(changed));
        Interrupts.pretend(0);
        Cli resumed = Cli.run("train", "--resume", temp.resolve("run").toString());
        assertEquals(0, resumed.code(), resumed.err());
        return resumed.err();
    }

    private ObjectNode config() {
        return (ObjectNode) Json.read(config);
    }

    @Test
    void theSameProcessorIsNoMatter() throws Exception {
        assertFalse(resumed(config()).contains("warning"));
    }

    @Test
    void anotherInstructionSetOrProcessorIsSaid() throws Exception {
        ObjectNode changed = config();
        ObjectNode device = (ObjectNode) changed.get("device");
        assertEquals("Java", device.get("instructionSet").asText());
        device.put("instructionSet", "AVX2").put("name", "another processor");
        String said = resumed(changed);
        assertTrue(
                said.contains("warning: device instruction set was AVX2, now it is Java; the numbers may differ"),
                said);
        assertTrue(said.contains("warning: device name was another processor, now it is Java "), said);
    }

    @Test
    void aSettingThatWasLostIsRefused() throws Exception {
        ObjectNode changed = config();
        ((ObjectNode) changed.get("options")).remove("momentum");
        Files.writeString(config, Json.line(changed));
        Interrupts.pretend(0);
        Cli resumed = Cli.run("train", "--resume", temp.resolve("run").toString());
        assertEquals(1, resumed.code(), resumed.err());
        assertTrue(resumed.err().contains("options.momentum would be 0.9"), resumed.err());
    }

    @Test
    void aRunOfBeforeTheInstructionSetWasToldIsResumed() throws Exception {
        ObjectNode changed = config();
        ((ObjectNode) changed.get("device")).remove("instructionSet");
        assertFalse(resumed(changed).contains("warning"));
    }
}
