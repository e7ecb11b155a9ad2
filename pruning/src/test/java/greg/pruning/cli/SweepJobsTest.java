package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code greg sweep --jobs}: processes that fail, are killed, or whose parent is. */
class SweepJobsTest {
    private static final List<String> SMALL = List.of("-Dgreg.threads=1");

    @TempDir
    Path temp;

    private Path run(String name) {
        return temp.resolve("all").resolve(name);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Waits until a run has a record of an epoch. */
    private void awaitEpoch(Greg sweep, String name) throws Exception {
        while (!(run(name).resolve("metrics.jsonl").toFile().length() > 0)) {
            assertTrue(sweep.alive(), text(sweep.err()));
            Thread.sleep(10);
        }
    }

    /** The same run, which nobody disturbs. */
    private Path undisturbed(Path plan, int index, String name) {
        Path all = temp.resolve("undisturbed");
        Cli run = Cli.run("sweep", plan.toString(), "--index", "" + index, "--out", all.toString());
        assertEquals(0, run.code(), run.err());
        return all.resolve(name);
    }

    /** One run is killed, one diverges, one ends: each is what it would be without the others. */
    @Test
    void oneThatFailsAndOneThatIsKilledStopNoOther() throws Exception {
        Path plan = SweepPlans.write(temp, "train", "{weight-decay: [0.1, 1e30, 0.2]}", "--epochs", "60");
        try (Greg sweep = Greg.start(temp, SMALL, "sweep", plan.toString(), "--jobs", "2")) {
            awaitEpoch(sweep, "weight-decay=0.1");
            sweep.child("--index=0").destroyForcibly();
            assertEquals(1, sweep.end(), text(sweep.err()));
            String said = text(sweep.out());
            String log = temp.resolve("all/logs/weight-decay=0.1.log").toString();
            assertTrue(said.contains("its process ended with exit code 137; see " + log), said);
            assertTrue(said.lines().anyMatch(l -> l.matches(".*weight-decay=1e30 \\| failed .*diverge.*")), said);
            assertTrue(said.contains("| weight-decay=0.2  | finished |"), said);
            assertTrue(said.contains("1 of 3 runs are finished"), said);
        }
        Cli resumed = Cli.run("sweep", plan.toString(), "--index", "0");
        assertEquals(0, resumed.code(), resumed.err());
        Path killed = run("weight-decay=0.1");
        assertTrue(resumed.err().contains("resuming " + killed + " in its training after iteration"), resumed.err());
        SmallRuns.assertSame(undisturbed(plan, 0, "weight-decay=0.1"), killed);
    }

    /** However the sweep ends, its processes save their runs and end too. */
    @Test
    void runsDoNotOutliveTheSweepAndCanBeResumed() throws Exception {
        Path plan = SweepPlans.write(temp, "train", "{seed: [0, 1]}", "--epochs", "100");
        for (String signal : List.of("KILL", "INT")) {
            List<ProcessHandle> children = new ArrayList<>();
            try (Greg sweep = Greg.start(temp, SMALL, "sweep", plan.toString(), "--jobs", "2")) {
                long before = run("seed=0").resolve("metrics.jsonl").toFile().length();
                awaitEpoch(sweep, "seed=0");
                awaitEpoch(sweep, "seed=1");
                while (run("seed=0").resolve("metrics.jsonl").toFile().length() <= before) Thread.sleep(10);
                children.add(sweep.child("--index=0"));
                children.add(sweep.child("--index=1"));
                sweep.signal(signal);
                int code = sweep.end();
                if (signal.equals("INT")) {
                    assertEquals(Failures.INTERRUPTED, code, text(sweep.err()));
                    assertTrue(text(sweep.err()).contains("greg: interrupted; all runs are saved"), text(sweep.err()));
                    for (ProcessHandle child : children) assertFalse(child.isAlive());
                }
                for (ProcessHandle child : children) child.onExit().get();
            }
            String status = Cli.run("sweep", plan.toString(), "--status").out();
            assertTrue(status.contains("2 runs: 2 broken off"), signal + ": " + status);
            assertFalse(Files.exists(run("seed=0").resolve(".greg-lock")), signal);
        }
        Interrupts.pretend(2);
        try {
            Cli next = Cli.run("sweep", plan.toString(), "--index", "1");
            assertEquals(Failures.INTERRUPTED, next.code(), next.err());
            assertTrue(next.err().contains("resuming "), next.err());
        } finally {
            Interrupts.pretend(0);
        }
    }
}
