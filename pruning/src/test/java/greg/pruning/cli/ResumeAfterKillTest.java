package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILL at any moment: {@code greg prune} runs as a process of its own and is killed twenty times, at random moments of
 * its start, its steps and its writing. Whatever it leaves behind, {@code --resume} goes on from it, and the end is the
 * same as that of a run that was left alone, to the bit. A run that reaches its end between two kills is compared, and the
 * next one begins.
 */
class ResumeAfterKillTest {
    private static final int KILLS = 20;
    private static final long SEED = 20211;
    /** A kill at up to so many milliseconds after the start of a process, or after its first checkpoint. */
    private static final int SPREAD_START = 1500;

    private static final int SPREAD_WORK = 400;

    @TempDir
    Path temp;

    /** What one life of the process came to. */
    private record Life(boolean killed, int code, String said) {}

    private static List<String> command(String... args) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command = new ArrayList<>(List.of(java, "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx512m"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(args));
        return command;
    }

    private static String[] prune(Path out) {
        List<String> args = new ArrayList<>(List.of("prune", "--arch", "resnet8", "--dataset", "synthetic"));
        args.addAll(List.of("--image-size", "8", "--device", ResumeTest.DEVICE, "--threads", "1", "--seed", "3"));
        args.addAll(List.of("--method", "GReg-2", "--stage-pr", "[0,0.5,0.5,0.5,0]", "--one-shot"));
        args.addAll(List.of("--base-epochs", "1", "--base-lr", "0.05", "--epochs", "1", "--lr-ft", "0.01"));
        args.addAll(List.of("--batch-size", "48", "--batch-size-prune", "48", "--checkpoint-interval", "0"));
        args.addAll(List.of("--update-reg-interval", "3", "--stabilize-reg-interval", "10", "--reg-upper-limit", "1"));
        args.addAll(List.of("--reg-upper-limit-pick", "0.5", "--reg-granularity-pick", "0.1"));
        args.addAll(List.of("--reg-granularity-prune", "0.1", "--out", out.toString(), "--force"));
        return args.toArray(new String[0]);
    }

    /** Runs to the end. */
    private Life live(String... args) throws Exception {
        return live(null, null, args);
    }

    /** Runs until the end or the kill; {@code random} null: no kill. */
    private Life live(Random random, Path out, String... args) throws Exception {
        Path log = Files.createTempFile(temp, "life", ".log");
        Process process = new ProcessBuilder(command(args))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            if (random != null && waitForTheMoment(process, random, out)) {
                process.destroyForcibly();
                boolean killed = process.waitFor() != 0;
                return new Life(killed, process.exitValue(), Files.readString(log));
            }
            return new Life(false, process.waitFor(), Files.readString(log));
        } finally {
            process.destroyForcibly();
        }
    }

    /** Three kills in four come after a new checkpoint, so that the run gets on; false if the process ended before. */
    private static boolean waitForTheMoment(Process process, Random random, Path out) throws Exception {
        if (random.nextInt(4) == 0) return !process.waitFor(random.nextInt(SPREAD_START), TimeUnit.MILLISECONDS);
        FileTime before = written(out);
        while (written(out).equals(before)) if (process.waitFor(5, TimeUnit.MILLISECONDS)) return false;
        return !process.waitFor(random.nextInt(SPREAD_WORK), TimeUnit.MILLISECONDS);
    }

    private static FileTime written(Path out) throws IOException {
        Path state = out.resolve(RunState.FILE);
        return Files.exists(state) ? Files.getLastModifiedTime(state) : FileTime.fromMillis(0);
    }

    @Test
    void twentyKillsLeaveNoTrace() throws Exception {
        Path whole = temp.resolve("whole");
        Life undisturbed = live(prune(whole));
        assertEquals(0, undisturbed.code(), undisturbed.said());
        Random random = new Random(SEED);
        Set<String> places = new TreeSet<>();
        int kills = 0;
        int runs = 0;
        while (kills < KILLS) {
            Path out = temp.resolve("killed" + runs++);
            Life life = null;
            while (life == null || life.killed()) {
                boolean begun = Files.exists(out.resolve("config.json"));
                String[] args = begun ? new String[] {"prune", "--resume", out.toString()} : prune(out);
                life = live(kills < KILLS ? random : null, out, args);
                if (life.killed()) kills++;
                life.said().lines().filter(l -> l.contains(" goes on ")).forEach(l -> places.add(place(l)));
            }
            assertEquals(0, life.code(), life.said());
            RunFolders.assertSame(whole, out);
        }
        System.out.println(kills + " kills in " + runs + " runs; they went on " + places);
        assertTrue(places.size() > 1, "went on in one place only: " + places);
    }

    private static String place(String line) {
        return line.substring(line.indexOf(" goes on ") + " goes on ".length()).replaceAll(" after.*", "");
    }
}
