package greg.nn.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.kernels.dry.DryBackend;
import greg.nn.NnModule;
import greg.nn.model.Networks;
import greg.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayerTimesTest {
    private static final Shape IMAGE = Shape.of(1, 1, 28, 28);

    @TempDir
    Path folder;

    private static long time(LayerTimes times) {
        try (DryBackend dry = new DryBackend();
                NnModule network = Networks.create("lenet5", dry, 1, 28, 10)) {
            return times.of(network, IMAGE);
        }
    }

    /** What is in the file is believed, so the sum shows where each number comes from. */
    @Test
    void whatIsKnownIsNotMeasuredAgain() throws Exception {
        Path file = folder.resolve("home/times.tsv");
        try (Backend cpu = Backends.open("cpu", new BackendOptions(1, 0))) {
            LayerTimes times = new LayerTimes(cpu, 2, file);
            long first = time(times);
            assertTrue(first > 0);
            assertEquals(first, time(times));
            times.save();
            List<String> lines = Files.readAllLines(file);
            assertEquals(7, lines.size()); // three convolutions, two poolings, two fully connected layers
            List<String> other = new ArrayList<>(List.of("not a line", "nor\tthis\t-5", ""));
            long sum = 0;
            for (int i = 0; i < lines.size(); i++) {
                String key = lines.get(i).substring(0, lines.get(i).lastIndexOf('\t') + 1);
                other.add(key + (1L << 40 + i));
                sum += 1L << 40 + i;
            }
            Files.write(file, other);
            LayerTimes read = new LayerTimes(cpu, 2, file);
            assertEquals(sum, time(read));
            // of other numbers of images nothing is known
            assertTrue(time(new LayerTimes(cpu, 3, file)) < 1L << 40);
        }
    }

    @Test
    void aFileThatCannotBeWrittenIsDoneWithout() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "").resolve("times.tsv");
        try (Backend cpu = Backends.open("cpu", new BackendOptions(1, 0))) {
            LayerTimes times = new LayerTimes(cpu, 1, file);
            time(times);
            times.save();
        }
    }

    @Test
    void opByOpNothingCanBeTimed() {
        try (Backend reference = Backends.open("reference")) {
            LayerTimes times = new LayerTimes(reference, 1, folder.resolve("times.tsv"));
            String message = assertThrows(IllegalArgumentException.class, () -> time(times))
                    .getMessage();
            assertEquals("reference runs networks op by op", message);
        }
    }
}
