package greg.pruning.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.nn.train.Score;
import greg.pruning.report.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
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

    /** A run that has ended is not lost with its page. */
    @Test
    void aPageThatCannotBeWrittenIsAWarning() {
        List<String> said = new ArrayList<>();
        RunMonitor monitor = new RunMonitor() {
            @Override
            public void say(String format, Object... values) {
                said.add(String.format(Locale.ROOT, format, values));
            }

            @Override
            public Progress progress(String task, long total, String unit) {
                throw new UnsupportedOperationException();
            }

            @Override
            public boolean stopRequested() {
                return false;
            }

            @Override
            public void unsaved(boolean steps) {}
        };
        try (RunFolder run = RunFolder.reserve(temp.resolve("run"), false)) {
            run.begin(Map.of("command", 1));
            run.writePage(monitor);
        }
        assertEquals(1, said.size());
        assertTrue(said.get(0).matches("warning: .*report\\.html is not written \\(.*\"command\".*\\)"), said.get(0));
    }

    @Test
    void aLossThatIsNotFiniteIsNull() {
        Score nan = new Score(4, Double.NaN, 1, 2);
        String epoch = Json.line(MetricsRecord.Epoch.of("train", 0, 9, 0.1f, nan, nan, 1, 1));
        assertTrue(epoch.contains("\"loss\":null,\"accuracy\":25.0,\"test_loss\":null"), epoch);
        String test = Json.line(MetricsRecord.Test.of(9, nan, nan));
        assertTrue(test.contains("\"test_loss\":null") && test.contains("\"removed_loss\":null"), test);
    }

    private static void checkpoint(RunFolder run, String what) {
        run.writeText(RunState.FILE, what);
        run.keep();
    }

    /** A finished run of its own, with a file of the user's beside it. */
    private Path ended() throws Exception {
        Path out = temp.resolve("run");
        try (RunFolder ended = RunFolder.reserve(out, false)) {
            ended.begin(Map.of("command", "train"));
            ended.metric(Map.of("epoch", 1));
            checkpoint(ended, "old");
            ended.writeText("report.txt", "all of it");
        }
        Files.writeString(out.resolve("notes.txt"), "mine");
        return out;
    }

    /** Every file with its content. */
    private static Map<String, String> content(Path folder) throws Exception {
        Map<String, String> all = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (file.endsWith(FolderLock.FILE)) continue; // as long as a run is there
                all.put(folder.relativize(file).toString(), Files.readString(file));
            }
        }
        return all;
    }

    private static RunFolder replacing(Path out) {
        RunFolder next = RunFolder.reserve(out, true);
        next.begin(Map.of("command", "prune"));
        next.metric(Map.of("epoch", 7));
        return next;
    }

    private static void assertReplaced(Path out) throws Exception {
        Map<String, String> now = content(out);
        assertEquals(Set.of("checkpoint/state.safetensors", "config.json", "metrics.jsonl", "notes.txt"), now.keySet());
        assertEquals("{\"epoch\":7}\n", now.get("metrics.jsonl"));
        assertEquals("new", now.get("checkpoint/state.safetensors"));
        assertTrue(now.get("config.json").contains("prune"));
        assertEquals("mine", now.get("notes.txt"));
    }

    @Test
    void theOldRunStaysUntilTheFirstCheckpointOfTheNewOne() throws Exception {
        Path out = ended();
        Map<String, String> before = content(out);
        assertThrows(UsageException.class, () -> RunFolder.reserve(out, false));
        try (RunFolder next = replacing(out)) {
            Map<String, String> meanwhile = content(out);
            before.forEach((name, text) -> assertEquals(text, meanwhile.get(name), name));
            // both are locked, though the new one is not kept yet
            assertThrows(RunException.class, () -> RunFolder.reserve(out, true));
            assertThrows(RunException.class, () -> RunFolder.reopen(out, null));
            checkpoint(next, "new");
            assertReplaced(out);
            assertThrows(RunException.class, () -> RunFolder.reserve(out, true));
            next.metric(Map.of("epoch", 8));
        }
        assertEquals("{\"epoch\":7}\n{\"epoch\":8}\n", content(out).get("metrics.jsonl"));
    }

    @Test
    void aRunThatEndsBeforeItsFirstCheckpointLeavesNothing() throws Exception {
        Path out = ended();
        Map<String, String> before = content(out);
        replacing(out).close();
        assertEquals(before, content(out));
        Path fresh = temp.resolve("a/b/c");
        try (RunFolder run = RunFolder.reserve(fresh, false)) {
            run.begin(Map.of("command", "train"));
            run.metric(Map.of("epoch", 7));
        }
        assertFalse(Files.exists(temp.resolve("a")));
        Path empty = Files.createDirectory(temp.resolve("empty"));
        try (RunFolder run = RunFolder.reserve(empty, false)) {
            run.begin(Map.of("command", "train"));
        }
        assertEquals(Map.of(), content(empty));
        assertTrue(Files.exists(empty));
    }

    /** After a kill while the new run was taking the place of the old one, by what was moved or removed by then. */
    @Test
    void anInterruptedReplacementIsFinishedByWhoeverOpensTheFolder() throws Exception {
        List<String> moved = List.of("metrics.jsonl", "config.json", "checkpoint/state.safetensors");
        for (int done = 0; done <= moved.size(); done++) {
            Path out = ended();
            Path hidden = out.resolve(".greg-new");
            Files.createDirectories(hidden.resolve("checkpoint"));
            Files.writeString(hidden.resolve("metrics.jsonl"), "{\"epoch\":7}\n");
            Files.writeString(hidden.resolve("config.json"), "{\"command\":\"prune\"}");
            Files.writeString(hidden.resolve("checkpoint/state.safetensors"), "new");
            Map<String, String> old = content(out);
            RunFolder.settle(out); // without the list, the new run was not complete
            assertEquals(old, content(out));
            Files.writeString(hidden.resolve("files.txt"), String.join("\n", moved));
            for (String name : moved.subList(0, done)) {
                Files.move(hidden.resolve(name), out.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            }
            if (done == moved.size()) Files.delete(out.resolve("report.txt"));
            RunFolder.settle(out);
            assertReplaced(out);
            try (Stream<Path> all = Files.walk(out)) {
                all.sorted(Comparator.reverseOrder()).forEach(p -> p.toFile().delete());
            }
        }
    }

    @Test
    void whatAKilledReplacementLeftIsRemovedByTheNextRun() throws Exception {
        Path out = ended();
        Map<String, String> before = content(out);
        Path hidden = out.resolve(".greg-new/checkpoint");
        Files.createDirectories(hidden);
        Files.writeString(hidden.resolve(".state.safetensors.4711.tmp"), "half");
        Files.writeString(hidden.getParent().resolve("config.json"), "{}");
        RunFolder.reopen(out, null).close();
        before.put("metrics.jsonl", "");
        assertEquals(before, content(out));
        Files.createDirectories(hidden);
        Files.writeString(hidden.resolve(".state.safetensors.4711.tmp"), "half");
        Files.writeString(hidden.getParent().resolve(".files.txt.4711.tmp"), "half");
        Files.writeString(out.resolve(".report.json.4711.tmp"), "half");
        try (RunFolder next = replacing(out)) {
            checkpoint(next, "new");
        }
        assertReplaced(out);
    }

    /** Before its first file a run has only locked its folder, and written half a configuration. */
    @Test
    void whatARunLeftThatWasKilledAtOnceIsRemovedByTheNext() throws Exception {
        Path out = temp.resolve("killed");
        Files.createDirectories(out);
        for (String name : List.of(".greg-lock", ".config.json.4711.tmp")) {
            Files.writeString(out.resolve(name), "half");
        }
        Files.writeString(out.resolve(".notes.txt.4711.tmp"), "somebody's");
        RunFolder.reserve(out, true).close();
        assertEquals(Map.of(".notes.txt.4711.tmp", "somebody's"), content(out));
    }

    /** In another process, since within one Java itself keeps count of locks. */
    @Test
    void noOtherProcessGetsInWhileARunIsThere() throws Exception {
        Path out = ended();
        try (RunFolder resumed = RunFolder.reopen(out, null)) {
            resumed.metric(Map.of("phase", "grow"));
            FileSums.of(out.resolve("metrics.jsonl")); // reading must not unlock it
            assertThrows(RunException.class, () -> RunFolder.reopen(out, null)); // nor a refused run
            Process other = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            Other.class.getName(),
                            out.toString())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals("refused", said.strip());
        }
        RunFolder.reopen(out, null).close();
        assertFalse(Files.exists(out.resolve(FolderLock.FILE)));
    }

    /** Another process that wants the folder. */
    static final class Other {
        private Other() {}

        public static void main(String[] args) {
            try {
                RunFolder.reserve(Path.of(args[0]), true).close();
                System.out.println("let in");
            } catch (RunException e) {
                System.out.println(e.getMessage().contains("in use") ? "refused" : e.getMessage());
            }
        }
    }
}
