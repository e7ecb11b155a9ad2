package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import greg.nn.StateDict;
import greg.nn.io.Checkpoints;
import greg.nn.onnx.DeployedNetwork;
import greg.pruning.report.Json;
import greg.tensor.Shape;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every command on a network that is in a jar of the user's. */
class UserNetworkRunsTest {
    private static final String NET = "my.nets.ForkNet";
    private static final int PIXELS = 28 * 28;

    @TempDir
    static Path shared;

    private static Path jar;
    private static Path mnist;

    @TempDir
    Path temp;

    @BeforeAll
    static void userJar() throws Exception {
        mnist = TinyData.mnist(shared.resolve("mnist"));
        jar = new UserJar(shared.resolve("my.jar")).compiled(UserJar.FORK).write();
    }

    @AfterEach
    void noInterruptIsLeft() {
        Interrupts.pretend(0);
    }

    /** A command line in which each %s stands for the next value. */
    private static Cli greg(String line, Object... values) {
        String[] words = line.split(" ");
        Iterator<Object> next = List.of(values).iterator();
        for (int i = 0; i < words.length; i++)
            if (words[i].equals("%s")) words[i] = next.next().toString();
        assertFalse(next.hasNext(), line);
        return Cli.run(words);
    }

    private static String done(String line, Object... values) {
        Cli cli = greg(line, values);
        assertEquals(0, cli.code(), cli.err());
        return cli.out();
    }

    /** Interrupts it after two steps. */
    private static void stopped(String line, Object... values) {
        Interrupts.pretend(2);
        Cli cli = greg(line, values);
        Interrupts.pretend(0);
        assertEquals(Failures.INTERRUPTED, cli.code(), cli.err());
        Object path = values[values.length - 1];
        assertTrue(cli.err().strip().endsWith(" --resume " + values[0] + " --class-path " + path), cli.err());
    }

    /** The last thing that is said. */
    private static String refused(int code, String line, Object... values) {
        Cli cli = greg(line, values);
        assertEquals(code, cli.code(), cli.err());
        assertEquals(1, cli.err().lines().filter(l -> l.startsWith("greg: ")).count(), cli.err());
        return cli.err().lines().reduce((before, last) -> last).orElseThrow();
    }

    /** A training of a second into a folder, on the tiny images, with a checkpoint after every step. */
    private static final String TRAIN = "train --out %s --data %s --dataset mnist --device reference --epochs 2"
            + " --batch-size 8 --checkpoint-interval 0 --lr 0.05";

    private static final String PRUNE = "prune --out %s --data %s --dataset mnist --device reference --epochs 2"
            + " --batch-size 8 --checkpoint-interval 0 --stage-pr left:0.5,right:0.5 --base-epochs 1 --base-lr 0.05"
            + " --lr-ft 0.01 --batch-size-prune 8 --update-reg-interval 1 --stabilize-reg-interval 2"
            + " --reg-upper-limit 1 --reg-upper-limit-pick 0.5 --reg-granularity-pick 0.25"
            + " --reg-granularity-prune 0.25";

    private static final String ARCH = " --class-path %s --arch " + NET;
    private static final String TEST = " --dataset mnist --data %s --device reference";

    @Test
    void trainedPrunedEvaluatedExportedAndReported() throws Exception {
        Path base = temp.resolve("base");
        done(TRAIN + ARCH, base, mnist, jar);
        Path run = temp.resolve("run");
        done(PRUNE + " --method GReg-1 --class-path %s --weights %s", run, mnist, jar, base);

        Path pruned = run.resolve("pruned.safetensors");
        assertEquals(NET, Checkpoints.load(pruned).metadata().get("arch"));
        StateDict left = Checkpoints.load(pruned).state();
        assertEquals(Shape.of(3, 8, 3, 3), left.get("left.weight").shape());
        assertEquals(Shape.of(2, 8, 1, 1), left.get("right.weight").shape());
        assertEquals(Shape.of(8, 5, 1, 1), left.get("join.weight").shape());

        JsonNode inspected = json(done("inspect --class-path %s --weights %s --json", jar, run));
        Map<String, Integer> kept = new TreeMap<>();
        inspected
                .get("layers")
                .forEach(l -> kept.put(l.get("name").asText(), l.get("kept").asInt()));
        assertEquals(Map.of("trunk", 8, "left", 3, "right", 2, "join", 8, "each", 8, "scores", 10), kept);

        JsonNode result = json(done("evaluate --class-path %s --weights %s --json" + TEST, jar, run, mnist));
        JsonNode report = Json.read(run.resolve("report.json"));
        assertEquals(NET, result.get("arch").asText());
        assertEquals(report.at("/pruned/after_finetuning/top1"), result.get("top1"));

        Path onnx = temp.resolve("model.onnx");
        done("export %s --class-path %s --to %s", run, jar, onnx);
        assertEquals(result.get("top1_correct").asInt(), correct(onnx));

        assertTrue(done("report %s", run).contains(NET), "a report needs no code");
        String oracle = "study oracle --class-path %s --weights %s --layer right --remove 1" + TEST;
        assertTrue(done(oracle, jar, base, mnist).startsWith("right: 4 of 4 ways"));
        done("study jacobian --class-path %s --weights %s --samples 1" + TEST, jar, base, mnist);
    }

    private static JsonNode json(String text) {
        return Json.parse(text, JsonNode.class, Path.of("output"));
    }

    /** How many test images ONNX Runtime gets right. */
    private static int correct(Path onnx) throws Exception {
        byte[] pixels = Files.readAllBytes(mnist.resolve("t10k-images-idx3-ubyte"));
        float[] images = new float[TinyData.MNIST_TEST * PIXELS];
        for (int i = 0; i < images.length; i++) images[i] = ((pixels[16 + i] & 255) / 255f - 0.1307f) / 0.3081f;
        int right = 0;
        try (DeployedNetwork deployed = new DeployedNetwork(onnx)) {
            float[] logits = deployed.call(images, TinyData.MNIST_TEST, 1, 28, 28);
            for (int n = 0; n < TinyData.MNIST_TEST; n++) {
                int best = 0;
                for (int c = 1; c < 10; c++) if (logits[n * 10 + c] > logits[n * 10 + best]) best = c;
                if (best == n % 10) right++; // as TinyData labels them
            }
        }
        return right;
    }

    @ParameterizedTest
    @ValueSource(strings = {TRAIN, PRUNE})
    void aRunThatWasStoppedEndsLikeOneThatWasNot(String run) throws Exception {
        Path whole = temp.resolve("whole");
        Path broken = temp.resolve("broken");
        done(run + ARCH, whole, mnist, jar);
        stopped(run + ARCH, broken, mnist, jar);
        String resume = run.substring(0, run.indexOf(' ')) + " --resume %s";
        Path moved = Files.copy(jar, temp.resolve("moved.jar"));
        stopped(resume + " --class-path %s", broken, moved);
        done(resume + " --class-path %s", broken, jar);
        RunFolders.assertSame(whole, broken);
        done(resume, broken); // finished: nothing to do, no code needed
    }

    @Test
    void theConfigurationSaysWhoseCodeItWas() throws Exception {
        Path run = temp.resolve("run");
        done(TRAIN + ARCH + " --max-iterations 1", run, mnist, jar);
        JsonNode config = Json.read(run.resolve("config.json"));
        assertEquals(NET, config.get("arch").asText());
        assertEquals(jar.toString(), config.at("/options/class-path").asText());
        assertEquals(jar.toString(), config.at("/code/file").asText());
        byte[] sum = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(jar));
        assertEquals(HexFormat.of().formatHex(sum), config.at("/code/sha256").asText());
        done(TRAIN + " --arch lenet5 --max-iterations 1", temp.resolve("ours"), mnist);
        assertFalse(Json.read(temp.resolve("ours/config.json")).has("code"));
    }

    @Test
    void otherCodeIsNotResumed() throws Exception {
        Path run = temp.resolve("run");
        stopped(TRAIN + ARCH, run, mnist, jar);
        Map<String, byte[]> before = content(run);
        String sigmoid = UserJar.FORK.replace("ReluOp.apply(trunk", "SigmoidOp.apply(trunk");
        Path changed =
                new UserJar(temp.resolve("changed.jar")).compiled(sigmoid).write();
        String said = refused(1, "train --resume %s --class-path %s", run, changed);
        String expected = "greg: --resume " + run + ": " + changed + " is not the code of the run's network (SHA-256 ";
        assertTrue(said.startsWith(expected), said);
        assertTrue(said.contains("in --class-path"), said);
        assertSame(before, content(run));

        String narrower = UserJar.FORK.replace("8, 6, 3, SAME", "8, 5, 3, SAME").replace("10, 8, 1", "9, 8, 1");
        Path misfit = new UserJar(temp.resolve("misfit.jar")).compiled(narrower).write();
        said = refused(1, "train --resume %s --class-path %s", run, misfit);
        assertTrue(said.contains("the class is not the one that the network was saved from"), said);
        assertSame(before, content(run));
    }

    private static Map<String, byte[]> content(Path run) throws Exception {
        Map<String, byte[]> files = new TreeMap<>();
        for (String name : RunFolders.files(run)) files.put(name, Files.readAllBytes(run.resolve(name)));
        return files;
    }

    private static void assertSame(Map<String, byte[]> before, Map<String, byte[]> after) {
        assertEquals(before.keySet(), after.keySet());
        before.forEach((name, bytes) -> assertArrayEquals(bytes, after.get(name), name));
    }

    @Test
    void aFolderOfClassesDoesAsWell() throws Exception {
        Path classes = UserJar.compile(Files.createDirectory(temp.resolve("classes")), UserJar.FORK);
        Path run = classes.resolve("run"); // what a run writes there is not code
        stopped(TRAIN + ARCH, run, mnist, classes);
        done("train --resume %s --class-path %s", run, classes);

        Path other = classes.resolve("other");
        stopped(TRAIN + ARCH, other, mnist, classes);
        UserJar.compile(classes, "class Helper {}");
        String said = refused(1, "train --resume %s --class-path %s", other, classes);
        assertTrue(said.contains(classes + " is not the code of the run's network"), said);
    }

    /** Whoever wrote the folder chose what is in it and what it names, jars included. */
    @Test
    void noCodeRunsBecauseAFileNamesIt() throws Exception {
        Path base = temp.resolve("base");
        done(TRAIN + ARCH, base, mnist, jar);
        Path run = temp.resolve("run");
        stopped(PRUNE + ARCH, run, mnist, jar);
        Path begun = Files.createDirectory(temp.resolve("begun")); // a run that ended before its first checkpoint
        Files.copy(run.resolve("config.json"), begun.resolve("config.json"));

        System.clearProperty(UserJar.RAN);
        for (Path folder : List.of(run, begun)) {
            Map<String, byte[]> before = content(folder);
            assertEquals(
                    "greg: --resume " + folder + ": its network " + NET + " is none of greg's; give --class-path " + jar
                            + " again, greg loads no code that a file names",
                    refused(2, "prune --resume %s", folder));
            assertSame(before, content(folder));
        }
        String holds = "greg: " + base.resolve("checkpoint/best.safetensors") + " holds a " + NET
                + ", which is none of greg's networks; name the jar with its class in --class-path";
        Path out = temp.resolve("out");
        assertEquals(holds, refused(2, "evaluate --weights %s" + TEST, base, mnist));
        assertEquals(holds, refused(2, "inspect --weights %s", base));
        assertEquals(holds, refused(2, "export %s --to %s", base, temp.resolve("model.onnx")));
        assertEquals(holds, refused(2, "study jacobian --weights %s" + TEST, base, mnist));
        assertEquals(holds, refused(2, TRAIN + " --weights %s", out, mnist, base));
        assertEquals(holds, refused(2, PRUNE + " --weights %s", out, mnist, base));
        assertFalse(Files.exists(out));
        assertNull(System.getProperty(UserJar.RAN), "code of the jar ran");

        done("prune --resume %s --class-path %s", run, jar);
        assertEquals("yes", System.getProperty(UserJar.RAN));
    }

    @Test
    void withoutTheFlagFromJavasOwnClassPath() throws Exception {
        Path out = temp.resolve("out.json");
        String inspect = "inspect --dataset mnist --stage-pr left:0.5 --json --arch " + NET;
        List<String> command = new ArrayList<>(Greg.command(List.of(), inspect.split(" ")));
        int path = command.indexOf("-cp") + 1;
        command.set(path, command.get(path) + File.pathSeparator + jar);
        Process process =
                new ProcessBuilder(command).redirectOutput(out.toFile()).start();
        assertEquals(0, process.waitFor());
        assertEquals(NET, Json.read(out).get("arch").asText());
    }

    @Test
    void weightsOfAnotherProgramFitByTheirNames() {
        Path base = temp.resolve("base");
        done(TRAIN + ARCH, base, mnist, jar);
        Path plain = temp.resolve("plain.safetensors");
        done("export %s --class-path %s --to %s", base, jar, plain);
        assertFalse(Checkpoints.load(plain).metadata().containsKey("arch"));
        String evaluate = "evaluate --json --class-path %s --weights %s" + TEST;
        assertEquals(
                json(done(evaluate, jar, base, mnist)), json(done(evaluate + " --arch " + NET, jar, plain, mnist)));
    }
}
