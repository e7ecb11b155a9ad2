package greg.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.datasets.DataSplit;
import greg.datasets.Dataset;
import greg.datasets.ImageShape;
import greg.datasets.Synthetic;
import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.nn.NnModule;
import greg.nn.model.CifarResNet;
import greg.nn.optim.Sgd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Memory leaks are a common complaint about deep learning in Java: thousands of steps must not change what is in use. */
class SteadyStateTest {
    private static final int STEPS = 2000;
    /** A step takes the plain loops of the reference backend a hundred times as long. */
    private static final int STEPS_OF_REFERENCE = 200;

    private static final int WARM = 50;
    private static final long PAGE = 4096;
    /**
     * The garbage collector lets the heap grow and shrink a little; a leak of one activation per step would be a hundred times
     * as much.
     */
    private static final long SLACK = 64L << 20;

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void thousandsOfStepsDoNotGrow(String kind) throws IOException {
        DataSplit data = Synthetic.split(64, 8, new ImageShape(3, 8, 8, 4), 1);
        Backend backend = BackendsUnderTest.open(kind);
        try (NnModule net = new CifarResNet(backend, 8, 3, 4);
                Sgd sgd = new Sgd(net, 0.9f, 5e-4f);
                Metrics metrics = new Metrics(backend);
                TrainStep step = new TrainStep(net, sgd, metrics);
                InputSource feed = augmented(data.train()).open(backend, 0)) {
            sgd.learningRate(1e-3f);
            run(step, feed, WARM);
            long live = backend.memory().liveBytes();
            long held = backend.memory().heldBytes();
            long allocations = backend.memory().systemAllocations();
            long resident = resident();
            run(step, feed, kind.equals("reference") ? STEPS_OF_REFERENCE : STEPS);
            assertEquals(live, backend.memory().liveBytes(), "live bytes");
            assertEquals(held, backend.memory().heldBytes(), "bytes held by the pool");
            assertEquals(allocations, backend.memory().systemAllocations(), "allocations from the system");
            assertTrue(resident() - resident < SLACK, "resident memory grew from " + resident + " to " + resident());
        }
    }

    private static TrainData augmented(Dataset train) {
        return TrainData.of(train, 4).augment(Augmentation.CROP).seed(1);
    }

    private static void run(TrainStep step, InputSource feed, int steps) {
        for (int i = 0; i < steps; i++) step.run(feed);
    }

    /** Bytes of this process in memory, 0 where the system does not tell. */
    private static long resident() throws IOException {
        Path statm = Path.of("/proc/self/statm");
        return Files.exists(statm) ? Long.parseLong(Files.readString(statm).split(" ")[1]) * PAGE : 0;
    }
}
