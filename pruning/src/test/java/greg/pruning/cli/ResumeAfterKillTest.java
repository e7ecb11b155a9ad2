package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.nn.StateDict;
import greg.pruning.growth.GrowthSchedule;
import greg.pruning.run.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILL at any moment: {@code greg prune} runs as a process of its own and is killed twenty times: once on purpose in each
 * phase, and at random moments of its start, its steps and its writing. Whatever it leaves behind, {@code --resume} resumes
 * from it, and the results are the same as those of an uninterrupted run, to the bit. A run that ends between two kills is
 * compared, and the next one begins.
 */
class ResumeAfterKillTest {
    private static final int KILLS = 20;
    private static final long SEED = 20211;
    /** A kill at up to so many milliseconds after the start of a process, or after its first checkpoint. */
    private static final int SPREAD_START = 1500;

    private static final int SPREAD_WORK = 400;
    /** The same after a checkpoint of the phase aimed at: short, since it must hit the phase. */
    private static final int SPREAD_AIM = 15;

    /** Where a kill found the run, by the checkpoint that it left: one is written after every step. */
    private enum Place {
        BEFORE_ANY,
        BASE_TRAINING,
        GROWTH_START,
        BEFORE_THE_PICK,
        AFTER_THE_PICK,
        STABILISING,
        FINETUNING_START,
        FINETUNING,
        LATER
    }

    private static final int SPARE = 5;

    /** Each has a kill of its own, as far as it takes; the rest is chance. */
    private static final List<Place> AIMS = List.of(
            Place.BASE_TRAINING, Place.BEFORE_THE_PICK, Place.AFTER_THE_PICK, Place.STABILISING, Place.FINETUNING);

    @TempDir
    Path temp;

    /** How one life of the process ended. */
    private record Life(boolean killed, int code, String said) {}

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
        return live(null, null, null, args);
    }

    /** Runs until the end or the kill; {@code random} null: no kill; {@code aim} null: at a random moment. */
    private Life live(Random random, Place aim, Path out, String... args) throws Exception {
        Path log = Files.createTempFile(temp, "life", ".log");
        Process process = new ProcessBuilder(Greg.command(List.of(), args))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            if (random != null && (aim == null ? atRandom(process, random, out) : at(aim, process, random, out))) {
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
    private static boolean atRandom(Process process, Random random, Path out) throws Exception {
        if (random.nextInt(4) == 0) return !process.waitFor(random.nextInt(SPREAD_START), TimeUnit.MILLISECONDS);
        FileTime before = written(out);
        while (written(out).equals(before)) if (process.waitFor(5, TimeUnit.MILLISECONDS)) return false;
        return !process.waitFor(random.nextInt(SPREAD_WORK), TimeUnit.MILLISECONDS);
    }

    /** Waits for a new checkpoint of this place, and a moment more; false if the process ended before. */
    private static boolean at(Place aim, Process process, Random random, Path out) throws Exception {
        FileTime before = written(out);
        while (written(out).equals(before) || place(out) != aim) {
            if (process.waitFor(1, TimeUnit.MILLISECONDS)) return false;
        }
        return !process.waitFor(random.nextInt(SPREAD_AIM), TimeUnit.MILLISECONDS);
    }

    private static Place place(Path out) {
        Path file = out.resolve(RunState.FILE);
        if (!Files.exists(file)) return Place.BEFORE_ANY;
        RunState.Saved saved = RunState.read(file);
        RunState state = saved.state();
        return switch (state.phase()) {
            case TRAIN -> state.loop() == null ? Place.BEFORE_ANY : Place.BASE_TRAINING;
            case GROW -> growth(saved.growth());
            case FINETUNE -> state.loop() == null ? Place.FINETUNING_START : Place.FINETUNING;
            default -> Place.LATER;
        };
    }

    private static Place growth(StateDict tensors) {
        if (tensors.names().isEmpty()) return Place.GROWTH_START;
        GrowthSchedule.Saved growth = GrowthSchedule.Saved.of(tensors);
        if (growth.phase() == GrowthSchedule.Phase.STABILIZE_REG) return Place.STABILISING;
        boolean picked = growth.layers().stream().anyMatch(l -> l.pickIteration() >= 0);
        return picked ? Place.AFTER_THE_PICK : Place.BEFORE_THE_PICK;
    }

    private static FileTime written(Path out) throws IOException {
        Path state = out.resolve(RunState.FILE);
        return Files.exists(state) ? Files.getLastModifiedTime(state) : FileTime.fromMillis(0);
    }

    @Test
    void twentyKillsLeaveNoTrace() throws Exception {
        Path whole = temp.resolve("whole");
        Life uninterrupted = live(prune(whole));
        assertEquals(0, uninterrupted.code(), uninterrupted.said());
        Random random = new Random(SEED);
        Map<Place, Integer> hits = new EnumMap<>(Place.class);
        int kills = 0;
        int runs = 0;
        while (kills < KILLS) {
            Path out = temp.resolve("killed" + runs++);
            Life life = null;
            while (life == null || life.killed()) {
                boolean begun = Files.exists(out.resolve("config.json"));
                String[] args = begun ? new String[] {"prune", "--resume", out.toString()} : prune(out);
                Place now = place(out);
                List<Place> missing =
                        AIMS.stream().filter(p -> !hits.containsKey(p)).toList();
                Place next = missing.stream()
                        .filter(p -> p.compareTo(now) >= 0)
                        .findFirst()
                        .orElse(null);
                // chance may use up the kills but for those that are still needed, and some that may miss their phase
                boolean needed = KILLS - kills <= missing.size() + SPARE && !missing.isEmpty();
                Place aim = needed || random.nextInt(3) == 0 ? next : null;
                boolean kill = kills < KILLS && (aim != null || !needed);
                life = live(kill ? random : null, aim, out, args);
                if (!life.killed()) continue;
                kills++;
                hits.merge(place(out), 1, Integer::sum);
            }
            assertEquals(0, life.code(), life.said());
            RunFolders.assertSame(whole, out);
        }
        System.out.println(kills + " kills in " + runs + " runs; they hit " + hits);
        assertEquals(KILLS, hits.values().stream().mapToInt(n -> n).sum());
        for (Place aim : AIMS) assertTrue(hits.containsKey(aim), "no kill in " + aim + ": " + hits);
    }
}
