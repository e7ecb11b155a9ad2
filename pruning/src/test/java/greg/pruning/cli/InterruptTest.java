package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.reference.ReferenceBackend;
import greg.nn.NnModule;
import greg.nn.model.Networks;
import greg.pruning.run.NetworkSpec;
import greg.pruning.run.Phase;
import greg.pruning.run.RunState;
import greg.pruning.surgery.PruningPlan;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGINT and SIGTERM to {@code greg} in a process of its own: whatever it is doing, it ends and says so in one line; no step
 * is lost although there is no checkpoint but those that have to be, and the resumed run ends like an undisturbed one, to the
 * bit. That it takes two seconds at most is not tested: it depends on the machine.
 */
class InterruptTest {
    private static final int TERM = 143;
    /** What a shell starts in the background ignores SIGINT, and so does everything that is started from there. */
    private static final boolean IGNORES_INT = ignoresInt();

    private static final int INT = IGNORES_INT ? TERM : 130;
    private static final int STEPS = 5;

    @TempDir
    Path temp;

    private static boolean ignoresInt() {
        try (Stream<String> status = Files.lines(Path.of("/proc/self/status"))) {
            return status.filter(line -> line.startsWith("SigIgn:"))
                    .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 2) != 0);
        } catch (IOException | UncheckedIOException e) {
            return false; // another system, on which tests are started from a terminal
        }
    }

    private static String[] prune(Path out) {
        List<String> args = new ArrayList<>(List.of("prune", "--arch", "resnet8", "--dataset", "synthetic"));
        args.addAll(List.of("--image-size", "8", "--device", ResumeTest.DEVICE, "--threads", "1", "--seed", "3"));
        args.addAll(List.of("--method", "GReg-1", "--stage-pr", "[0,0.5,0.5,0.5,0]", "--checkpoint-interval", "1e6"));
        args.addAll(List.of("--base-epochs", "2", "--base-lr", "0.05", "--epochs", "2", "--lr-ft", "0.01"));
        args.addAll(List.of("--batch-size", "400", "--batch-size-prune", "100", "--update-reg-interval", "3"));
        args.addAll(List.of("--stabilize-reg-interval", "40", "--reg-upper-limit", "1"));
        args.addAll(List.of("--reg-granularity-prune", "0.05", "--out", out.toString()));
        return args.toArray(new String[0]);
    }

    /** How a process answered a signal. */
    private record Answer(int code, String out, String err) {
        String last() {
            List<String> lines = err.strip().lines().toList();
            return lines.get(lines.size() - 1);
        }
    }

    /** Sends the signal as soon as {@code when} holds. */
    private Answer signalled(String signal, Predicate<Greg> when, String... args) throws Exception {
        try (Greg greg = Greg.start(temp, List.of(), args)) {
            while (!when.test(greg)) {
                assertTrue(greg.alive(), new String(greg.err(), StandardCharsets.UTF_8));
                Thread.sleep(1);
            }
            greg.signal(signal.equals("INT") && IGNORES_INT ? "TERM" : signal);
            int code = greg.end();
            return new Answer(
                    code,
                    new String(greg.out(), StandardCharsets.UTF_8),
                    new String(greg.err(), StandardCharsets.UTF_8));
        }
    }

    /** Whether the run has so many records of a phase: those of an epoch are written between measuring it and the next one. */
    private static Predicate<Greg> records(Path run, String phase, int count) {
        return greg -> {
            Path metrics = run.resolve("metrics.jsonl");
            try {
                if (!Files.exists(metrics)) return false;
                return Files.readString(metrics).split("\"phase\":\"" + phase + "\"", -1).length > count;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }

    /** Whether the latest checkpoint is of between the last step of an epoch and what follows it. */
    private static boolean endsEpoch(Path run, Phase phase) {
        if (!Files.exists(run.resolve(RunState.FILE))) return false;
        RunState.Saved saved = RunState.read(run.resolve(RunState.FILE));
        if (saved.state().phase() != phase || saved.state().loop() == null) return false;
        RunState.Loop loop = saved.state().loop();
        return loop.records() > 0 && loop.iteration() % STEPS == 0;
    }

    private static long iteration(Path run, Phase phase) {
        RunState state = RunState.read(run.resolve(RunState.FILE)).state();
        assertEquals(phase, state.phase());
        return state.loop().iteration();
    }

    private static void assertSaved(Answer answer, int code, Path run) {
        assertEquals(code, answer.code(), answer.err());
        assertEquals("", answer.out());
        assertTrue(answer.last().startsWith("greg: interrupted"), answer.err());
        assertTrue(
                answer.last().endsWith("; everything is saved, resume with: greg prune --resume " + run), answer.err());
    }

    @Test
    void aRunLosesNothingWhereverItIsInterrupted() throws Exception {
        Path whole = temp.resolve("whole");
        Cli undisturbed = Cli.run(prune(whole));
        assertEquals(0, undisturbed.code(), undisturbed.err());
        Path run = temp.resolve("run");
        String[] resume = {"prune", "--resume", run.toString()};

        assertSaved(signalled("INT", records(run, "base", 1), prune(run)), INT, run);
        assertTrue(iteration(run, Phase.TRAIN) >= STEPS);
        assertSaved(signalled("TERM", greg -> endsEpoch(run, Phase.TRAIN), resume), TERM, run);
        assertTrue(iteration(run, Phase.TRAIN) >= 2 * STEPS);
        assertSaved(signalled("INT", records(run, "grow", 3), resume), INT, run);
        assertTrue(iteration(run, Phase.GROW) > 6, "the third update was before step 6");
        assertSaved(signalled("TERM", records(run, "finetune", 1), resume), TERM, run);
        assertTrue(iteration(run, Phase.FINETUNE) >= STEPS);

        Cli resumed = Cli.run(resume);
        assertEquals(0, resumed.code(), resumed.err());
        RunFolders.assertSame(whole, run);
    }

    /** A server that takes the request and never answers. */
    @Test
    void aDownloadIsCutOff() throws Exception {
        Path folder = temp.resolve("mnist");
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            AtomicBoolean asked = new AtomicBoolean();
            Thread accepts = new Thread(() -> {
                try (Socket socket = server.accept()) {
                    asked.set(socket.getInputStream().read() >= 0);
                    while (socket.getInputStream().read() >= 0) asked.set(true);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            accepts.start();
            String mirror = "http://localhost:" + server.getLocalPort() + "/";
            String[] fetch = {"data", "fetch", "mnist", "--data", folder.toString(), "--mirror", mirror};
            Answer answer = signalled("INT", greg -> asked.get(), fetch);
            assertEquals(INT, answer.code(), answer.err());
            assertEquals("greg: interrupted", answer.err().strip());
            accepts.join();
        }
    }

    /** A folder of so many images in each half, all of them one file. */
    private Path images(int count) throws Exception {
        Path folder = temp.resolve("images");
        Path first = temp.resolve("image.png");
        ImageIO.write(new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB), "png", first.toFile());
        for (int i = 0; i < 2 * count; i++) {
            Path file = folder.resolve((i < count ? "train/" : "val/") + "class" + i % 2 + "/" + i + ".png");
            Files.createDirectories(file.getParent());
            Files.createLink(file, first);
        }
        return folder;
    }

    @Test
    void readingAndMeasuringImagesIsCutOff() throws Exception {
        Path run = temp.resolve("run");
        List<String> data =
                List.of("--dataset", "imagefolder", "--data", images(5000).toString());
        List<String> train = new ArrayList<>(List.of("train", "--arch", "resnet20", "--out", run.toString()));
        train.addAll(data);
        train.addAll(List.of("--epochs", "0", "--device", ResumeTest.DEVICE));
        // measured at the end although there was no epoch
        Answer end = signalled("TERM", greg -> Files.exists(run.resolve(RunState.FILE)), train.toArray(new String[0]));
        assertEquals(TERM, end.code(), end.err());
        assertTrue(
                end.last().equals("greg: interrupted; everything is saved, resume with: greg train --resume " + run),
                end.err());

        String network = run.resolve("checkpoint/latest.safetensors").toString();
        try (NnModule resnet = Networks.create("resnet20", new ReferenceBackend(), 3, 64, 2)) {
            new NetworkSpec("resnet20", 3, 64, 2, PruningPlan.none(), null).save(Path.of(network), resnet);
        }
        List<String> evaluate = new ArrayList<>(List.of("evaluate", "--weights", network, "--batch-size", "1"));
        evaluate.addAll(data);
        Answer answer = signalled("INT", InterruptTest::speaks, evaluate.toArray(new String[0]));
        assertEquals(INT, answer.code(), answer.err());
        assertEquals("", answer.out());
        assertEquals("greg: interrupted", answer.last());
    }

    private static boolean speaks(Greg greg) {
        try {
            return greg.err().length > 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
