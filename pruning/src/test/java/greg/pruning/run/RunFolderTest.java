package greg.pruning.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Only one process may write into a run folder. */
class RunFolderTest {
    @TempDir
    Path temp;

    @Test
    void aRunThatGoesOnLosesNothingToForce() throws Exception {
        Path out = temp.resolve("run");
        try (RunFolder going = RunFolder.reserve(out, false)) {
            going.begin(Map.of("command", "train"));
            going.metric(Map.of("epoch", 1));
            going.writeText("report.txt", "half of it");
            RunException refused = assertThrows(RunException.class, () -> RunFolder.reserve(out, true));
            assertTrue(refused.getMessage().contains(out + " is in use by another greg process"), refused.getMessage());
            going.metric(Map.of("epoch", 2));
            assertEquals(2, Files.readAllLines(out.resolve("metrics.jsonl")).size());
            assertEquals("half of it", Files.readString(out.resolve("report.txt")));
            assertTrue(Files.exists(out.resolve("config.json")));
        }
    }

    @Test
    void forceEmptiesTheFolderOfAnEndedRunAndKeepsWhatIsNotOurs() throws Exception {
        Path out = temp.resolve("run");
        try (RunFolder ended = RunFolder.reserve(out, false)) {
            ended.begin(Map.of("command", "train"));
            ended.metric(Map.of("epoch", 1));
            ended.writeText("report.txt", "all of it");
        }
        Files.writeString(out.resolve("notes.txt"), "mine");
        assertThrows(UsageException.class, () -> RunFolder.reserve(out, false));
        try (RunFolder next = RunFolder.reserve(out, true)) {
            assertFalse(Files.exists(out.resolve("config.json")) || Files.exists(out.resolve("report.txt")));
            // from here on it is locked, though the run has not begun
            assertThrows(RunException.class, () -> RunFolder.reserve(out, true));
            next.begin(Map.of("command", "prune"));
            next.metric(Map.of("epoch", 7));
            assertEquals("mine", Files.readString(out.resolve("notes.txt")));
        }
        assertEquals("{\"epoch\":7}\n", Files.readString(out.resolve("metrics.jsonl")));
    }
}
