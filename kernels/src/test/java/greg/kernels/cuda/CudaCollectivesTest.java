package greg.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.BackendOptions;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Collectives;
import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Processes;
import greg.kernels.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** NCCL between processes with a GPU each: on the software device, whose ranks meet in shared memory. */
class CudaCollectivesTest {
    private static final int RANKS = 3;
    /** More than the software NCCL moves at once, and no multiple of anything. */
    private static final int LONG = 300_001;

    @TempDir
    private Path folder;

    /** Processes that leave each other files in a folder. */
    private record Letters(Path folder, int rank, int size) implements Processes {
        @Override
        public boolean syncBatchNorm() {
            return false;
        }

        @Override
        public void sum(DoubleBuffer values) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Future<?> startSum(FloatBuffer values) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void abort(int exitCode) {
            Runtime.getRuntime().halt(exitCode);
        }

        @Override
        public void broadcast(ByteBuffer bytes, int root) {
            try {
                Path letter = folder.resolve("letter");
                if (rank == root) {
                    byte[] content = new byte[bytes.remaining()];
                    bytes.get(0, content);
                    Files.write(folder.resolve("draft"), content);
                    Files.move(folder.resolve("draft"), letter, StandardCopyOption.ATOMIC_MOVE);
                }
                while (!Files.exists(letter)) Thread.onSpinWait();
                bytes.put(0, Files.readAllBytes(letter));
            } catch (IOException e) {
                throw new KernelException("no letter: " + e);
            }
        }
    }

    /** A rank: what it computes is printed. Arguments: folder, rank, number of ranks, what to do. */
    static final class Program {
        public static void main(String[] arguments) {
            int rank = Integer.parseInt(arguments[1]);
            Processes group = new Letters(Path.of(arguments[0]), rank, Integer.parseInt(arguments[2]));
            try (CudaBackend backend = new CudaBackend(BackendOptions.standard().processes(group))) {
                Collectives collectives = backend.collectives();
                switch (arguments[3]) {
                    case "sum" -> sum(backend, collectives, rank);
                    case "replay" -> replay(backend, collectives, rank);
                    case "differ" -> differ(backend, collectives, rank);
                    default -> die(backend, collectives, rank);
                }
            } catch (KernelException e) {
                System.out.println(e.getMessage());
                System.exit(1);
            }
        }

        private static float[] terms(int rank) {
            float[] values = new float[LONG];
            for (int i = 0; i < LONG; i++) values[i] = (i % 17 + 1) * (rank + 1) / 3f;
            return values;
        }

        private static Storage put(CudaBackend backend, float[] values) {
            Storage x = backend.memory().allocate(DType.FLOAT32, values.length);
            backend.transfer().upload(values, x);
            return x;
        }

        private static float[] get(CudaBackend backend, Storage x) {
            float[] values = new float[(int) x.length()];
            backend.transfer().download(x, new int[] {values.length}, values);
            x.release();
            return values;
        }

        private static void sum(CudaBackend backend, Collectives collectives, int rank) {
            Storage x = put(backend, terms(rank));
            Storage ranks = put(backend, new float[] {rank, 10 + rank});
            long version = x.version();
            collectives.startSum(List.of(x));
            collectives.startMean(List.of(ranks));
            collectives.await();
            System.out.println("version " + (x.version() > version ? "moved" : "stayed"));
            System.out.println("mean " + Arrays.toString(get(backend, ranks)));
            System.out.println("sum " + Arrays.hashCode(get(backend, x)));
        }

        /** x = the sum of x over the ranks, again and again: in replays too. */
        private static void replay(CudaBackend backend, Collectives collectives, int rank) {
            Storage x = put(backend, new float[] {rank, 1});
            Runnable step = () -> {
                collectives.startSum(List.of(x));
                collectives.await();
            };
            step.run();
            try (StepGraph graph = backend.capture(step)) {
                graph.launch();
                graph.launch();
                backend.synchronize();
            }
            System.out.println("thrice " + Arrays.toString(get(backend, x)));
        }

        private static void differ(CudaBackend backend, Collectives collectives, int rank) {
            Storage x = put(backend, new float[rank == 2 ? 7 : 8]);
            collectives.startSum(List.of(x));
            collectives.await();
            backend.synchronize();
        }

        private static void die(CudaBackend backend, Collectives collectives, int rank) {
            Storage x = put(backend, terms(rank));
            if (rank == 1) Runtime.getRuntime().halt(9);
            collectives.startSum(List.of(x));
            collectives.await();
            backend.synchronize();
        }
    }

    @BeforeEach
    void needsTheSoftwareDevice() {
        BackendsUnderTest.open("cuda");
        Assumptions.assumeFalse("hardware".equals(System.getProperty("greg.cuda")), "needs the software device");
    }

    private List<String> outputs(String what) throws IOException, InterruptedException {
        List<Process> ranks = new ArrayList<>();
        for (int rank = 0; rank < RANKS; rank++) {
            ranks.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            "-Dgreg.cuda.libraries=" + System.getProperty("greg.cuda.libraries"),
                            Program.class.getName(),
                            folder.toString(),
                            Integer.toString(rank),
                            Integer.toString(RANKS),
                            what)
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("out" + rank).toFile())
                    .start());
        }
        List<String> outputs = new ArrayList<>();
        for (int rank = 0; rank < RANKS; rank++) {
            ranks.get(rank).waitFor();
            outputs.add(Files.readString(folder.resolve("out" + rank), StandardCharsets.UTF_8));
        }
        return outputs;
    }

    @Test
    void everyRankHasTheSum() throws Exception {
        float[] sum = Program.terms(0);
        for (int rank = 1; rank < RANKS; rank++) {
            float[] terms = Program.terms(rank);
            for (int i = 0; i < LONG; i++) sum[i] += terms[i];
        }
        String expected = String.format("version moved%nmean [1.0, 11.0]%nsum %d%n", Arrays.hashCode(sum));
        assertEquals(List.of(expected, expected, expected), outputs("sum"));
    }

    @Test
    void aCapturedReductionIsReplayed() throws Exception {
        String expected = String.format("thrice [27.0, 27.0]%n"); // 0 + 1 + 2, and two more times 3
        assertEquals(List.of(expected, expected, expected), outputs("replay"));
    }

    @Test
    void ranksThatReduceDifferentThingsFail() throws Exception {
        for (String output : outputs("differ")) assertTrue(output.contains("does something else"), output);
    }

    @Test
    void aRankThatDiesEndsTheOthers() throws Exception {
        List<String> outputs = outputs("die");
        assertTrue(outputs.get(0).contains("rank 1 has ended"), outputs.get(0));
        assertTrue(outputs.get(2).contains("rank 1 has ended"), outputs.get(2));
    }
}
