package greg.campaign;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import greg.pruning.cli.Main;
import greg.pruning.cli.SmallRuns;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs of one kind, killed and resumed again and again; each ends with the bits of one that was never killed. */
final class KillLoop {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST_KILLS_PER_RUN = 5;

    private final Path folder;
    private final Path whole;
    private final Path old;
    private final List<String> words;
    private final long millis;
    private int kills;
    private int whileWriting;
    private int runs;

    /**
     * Makes the undisturbed run.
     *
     * @param folder an empty one for the runs
     * @param over whether the runs overwrite a finished one
     * @param words the command and its further flags
     */
    KillLoop(Path folder, boolean over, String... words) throws Exception {
        this.folder = folder;
        this.words = List.of(words);
        whole = folder.resolve("whole");
        old = over ? folder.resolve("old") : null;
        if (over) live(SmallRuns.command("train", folder, old, "--seed", "7"), null, null);
        long start = System.nanoTime();
        live(command(whole), null, null);
        millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }

    int kills() {
        return kills;
    }

    @Override
    public String toString() {
        return kills + " kills, " + whileWriting + " of them while a file was being written, in " + runs + " runs";
    }

    /** Kills one run up to {@value #MOST_KILLS_PER_RUN} times, and compares what it becomes. */
    void run(SplittableRandom random) throws Exception {
        Path out = folder.resolve("run" + runs++);
        if (old != null) RunTargets.copy(old, out);
        List<String> next = command(out);
        for (int left = 1 + random.nextInt(MOST_KILLS_PER_RUN); ; left--) {
            boolean killed = live(next, left > 0 ? random : null, out);
            if (killed) {
                kills++;
                if (temporary(out)) whileWriting++;
            } else if (ours(out)) {
                break;
            } else {
                assertUntouched(out);
            }
            // a folder with a run in it is always one that can be resumed, also if that is the old one, which is
            // finished
            boolean begun = Files.exists(out.resolve("config.json"));
            next = begun && killed ? List.of(words.get(0), "--resume", out.toString()) : command(out);
        }
        SmallRuns.assertSame(whole, out);
        RunTargets.delete(out);
    }

    private List<String> command(Path out) {
        String[] flags = words.subList(1, words.size()).toArray(new String[0]);
        List<String> command = SmallRuns.command(words.get(0), folder, out, flags);
        command.add("--force");
        return command;
    }

    /** Whether the folder holds the new run, and not the old one. */
    private boolean ours(Path out) throws IOException {
        JsonNode args = JSON.readTree(out.resolve("config.json").toFile()).path("args");
        return old == null || !args.toString().contains("\"--seed\",\"7\"");
    }

    private void assertUntouched(Path out) throws IOException {
        try (Stream<Path> files = Files.walk(old)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = out.resolve(old.relativize(file).toString());
                assertEquals(-1, Files.mismatch(file, copy), "the old run has changed: " + copy);
            }
        }
    }

    /**
     * One life of the process.
     *
     * @param random chooses the moment of the kill; null: it lives to its end
     * @return whether it was killed; an end by itself must be a success
     */
    private boolean live(List<String> args, SplittableRandom random, Path out) throws Exception {
        List<String> command =
                Options.java("-XX:TieredStopAtLevel=1", "-Xmx256m", "-Dgreg.threads=1", Main.class.getName());
        command.addAll(args);
        Path log = folder.resolve("log.txt");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            if (random != null && moment(process, random, out)) {
                process.destroyForcibly();
                if (process.waitFor() != 0) return true;
            }
            assertEquals(0, process.waitFor(), () -> args + ": " + read(log));
            return false;
        } finally {
            process.destroyForcibly();
        }
    }

    /** Waits for the moment of the kill: any, or while a file is being written; false if the process ended before. */
    private boolean moment(Process process, SplittableRandom random, Path out) throws InterruptedException {
        long wait = random.nextLong(millis);
        boolean atWrite = random.nextBoolean();
        if (process.waitFor(wait, TimeUnit.MILLISECONDS)) return false;
        while (atWrite && !temporary(out)) if (!process.isAlive()) return false;
        return process.isAlive();
    }

    /** Whether a file under a temporary name is there. */
    private static boolean temporary(Path out) {
        return Stream.of(out, out.resolve("checkpoint"), out.resolve(".greg-new"), out.resolve(".greg-new/checkpoint"))
                .map(Path::toFile)
                .map(File::list)
                .anyMatch(names -> names != null && Arrays.stream(names).anyMatch(n -> n.endsWith(".tmp")));
    }

    private static String read(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
