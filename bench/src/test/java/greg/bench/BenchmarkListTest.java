package greg.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

/** JMH finds benchmarks through a list that its annotation processor writes; a build without the processor has none. */
class BenchmarkListTest {
    @Test
    void theProcessorWroteTheList() {
        Set<String> found = new TreeSet<>();
        BenchmarkList.defaultList()
                .getAll(OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT), List.of())
                .forEach(entry -> found.add(entry.getUsername()));
        assertTrue(found.contains("greg.bench.TrainStepBench.greg"), found.toString());
        assertTrue(found.contains("greg.bench.Conv2dBench.backwardWeights"), found.toString());
        assertTrue(found.contains("greg.bench.PenaltyBench.update"), found.toString());
    }
}
