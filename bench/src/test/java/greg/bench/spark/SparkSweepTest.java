package greg.bench.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import greg.pruning.cli.Main;
import greg.pruning.cli.SmallRuns;
import greg.pruning.cli.SweepPlans;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code greg sweep --spark} with {@code target/greg.jar} on a real master and real workers. Only with {@code -Pspark}, which
 * fetches Spark.
 */
class SparkSweepTest {
    private static final Path JAR =
            Path.of("../target/greg.jar").toAbsolutePath().normalize();
    private static final int RUNS = 8;
    private static final Pattern INDEX = Pattern.compile("--index=(\\d+)");

    private static final long POLL_MILLIS = 20;

    private static Path spark;

    @TempDir
    Path temp;

    @BeforeAll
    static void sparkIsThere() {
        String home = System.getProperty("greg.spark");
        assumeTrue(home != null, "no Spark; mvn -Pspark verify brings it");
        spark = Path.of(home);
        assertTrue(Files.isDirectory(spark.resolve("jars")), spark + " has no jars");
        assertTrue(Files.exists(JAR), JAR + " is not built");
    }

    private Path run(int seed) {
        return temp.resolve("all/seed=" + seed);
    }

    private String log(int seed) throws IOException {
        return Files.readString(temp.resolve("all/logs/seed=" + seed + ".log"));
    }

    private static String greg(String... args) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-jar", JAR.toString()));
        command.addAll(List.of(args));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }

    @Test
    void aLostWorkersRunsEndElsewhereWithTheBitsOfAnUndisturbedSweep() throws Exception {
        String seeds = IntStream.range(0, RUNS).boxed().toList().toString();
        Path plan = SweepPlans.write(temp, "train", "{seed: " + seeds + "}", "--epochs", "40");
        Path undisturbed = temp.resolve("undisturbed");
        for (int seed = 0; seed < RUNS; seed++) {
            assertEquals(
                    0,
                    Main.run(
                            new String[] {
                                "sweep", plan.toString(), "--index", "" + seed, "--out", undisturbed.toString()
                            },
                            new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8),
                            new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8)));
        }
        try (SparkCluster cluster = new SparkCluster(spark, Files.createDirectory(temp.resolve("cluster")))) {
            cluster.worker("first");
            Process second = cluster.worker("second");
            Process driver = cluster.submit("sweep", JAR, "sweep", plan.toString(), "--spark");
            while (driver.isAlive() && runsBelow(second).stream().noneMatch(this::isUnderWay)) {
                Thread.sleep(POLL_MILLIS);
            }
            second.destroyForcibly(); // SIGKILL
            assertEquals(0, driver.waitFor(), cluster.said("sweep"));
            String said = cluster.said("sweep");
            assertTrue(said.contains("8 runs: 8 finished"), said);
            int again = 0;
            for (int seed = 0; seed < RUNS; seed++) {
                SmallRuns.assertSame(undisturbed.resolve("seed=" + seed), run(seed));
                boolean retried = log(seed).contains("attempt 1 on ");
                if (retried) again++;
                assertEquals(retried, log(seed).contains("resuming "), log(seed));
            }
            assertTrue(again > 0, "no run was on the lost worker");
            String logs = log(0) + log(1) + log(2) + log(3);
            assertTrue(logs.contains(", gpu 0\n") && logs.contains(", gpu 1\n"), logs);
            assertEquals(
                    Files.readString(undisturbed.resolve("report.txt")),
                    Files.readString(temp.resolve("all/report.txt")));
        }
    }

    /** The runs of a worker, by the arguments of the processes below it. */
    private static List<Integer> runsBelow(Process worker) {
        List<Integer> runs = new ArrayList<>();
        worker.descendants().forEach(child -> {
            try {
                Matcher index = INDEX.matcher(Files.readString(Path.of("/proc", "" + child.pid(), "cmdline")));
                if (index.find()) runs.add(Integer.valueOf(index.group(1)));
            } catch (IOException e) {
                return; // it has ended
            }
        });
        return runs;
    }

    private boolean isUnderWay(int seed) {
        return run(seed).resolve("metrics.jsonl").toFile().length() > 0;
    }

    @Test
    void theGpuOfATaskIsTheDeviceOfItsRun() throws Exception {
        Path plan = SweepPlans.write(temp, "train", "{seed: [0, 1]}");
        Files.writeString(plan, Files.readString(plan).replaceAll("\"device\":\"\\w+\"", "\"device\":\"cuda\""));
        try (SparkCluster cluster = new SparkCluster(spark, Files.createDirectory(temp.resolve("cluster")))) {
            cluster.worker("first");
            Process driver = cluster.submit("sweep", JAR, "sweep", plan.toString(), "--spark");
            assertEquals(1, driver.waitFor(), cluster.said("sweep"));
            String table = greg("sweep", plan.toString(), "--status");
            assumeTrue(table.contains("2 runs: 2 failed"), "there is a GPU: " + table);
            for (int seed = 0; seed < 2; seed++) {
                String gpu = log(seed).lines().findFirst().orElseThrow().replaceAll(".*, gpu ", "");
                assertTrue(table.contains("cuda:" + gpu), gpu + " in " + table);
            }
            assertTrue(!log(0).lines().findFirst().equals(log(1).lines().findFirst()), log(0) + log(1));
        }
    }

    /** The worker is in a mount namespace of its own, where the folder of the sweep is an empty one. */
    @Test
    void aFolderThatIsNotSharedIsRefusedBeforeAnyWork() throws Exception {
        Path plan = SweepPlans.write(temp, "train", "{seed: [0, 1]}");
        Path all = Files.createDirectory(temp.resolve("all"));
        List<String> unshared =
                List.of("unshare", "--mount", "sh", "-c", "mount -t tmpfs none " + all + " && exec \"$@\"", "sh");
        List<String> trial = new ArrayList<>(unshared);
        trial.add("true");
        assumeTrue(new ProcessBuilder(trial).start().waitFor() == 0, "no mount namespaces here");
        try (SparkCluster cluster = new SparkCluster(spark, Files.createDirectory(temp.resolve("cluster")))) {
            cluster.worker("first", unshared.toArray(new String[0]));
            Process driver = cluster.submit("sweep", JAR, "sweep", plan.toString(), "--spark");
            assertEquals(2, driver.waitFor(), cluster.said("sweep"));
            List<String> said = cluster.said("sweep")
                    .lines()
                    .filter(l -> l.startsWith("greg: "))
                    .toList();
            assertEquals(1, said.size(), cluster.said("sweep"));
            assertTrue(said.get(0).contains("--out " + all + " or the current folder "), said.get(0));
            assertTrue(said.get(0).contains("is not there on "), said.get(0));
            assertTrue(!Files.exists(run(0)) && !Files.exists(run(1)), "a run has begun");
        }
    }
}
