package greg.pruning.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.datasets.Dataset;
import greg.datasets.Datasets;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.model.Networks;
import greg.nn.train.Evaluator;
import greg.nn.train.TrainData;
import greg.pruning.growth.GregConfig;
import greg.pruning.select.L1Scores;
import greg.pruning.select.Selection;
import greg.tensor.Shape;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChoiceStudyTest {
    private final Backend backend = Backends.open("reference", BackendOptions.standard());

    private NnModule fresh() {
        return Networks.createInitialized("lenet5", backend, 1, 28, 10, 7);
    }

    @Test
    void everyMethodsChoiceStandsAmongAll() {
        Dataset images = Datasets.subset(Datasets.open(Datasets.DEFAULT, null).train(), 0, 8);
        ChoiceStudy study =
                new ChoiceStudy(this::fresh, Shape.of(1, 1, 28, 28), TrainData.of(images, 4), Evaluator.of(images));
        Map<String, GregConfig> methods = new LinkedHashMap<>();
        methods.put("L1", GregConfig.l1().build());
        GregConfig.Builder greg2 = GregConfig.greg2().updateRegInterval(1).lrPrune(1e-5);
        // it would train for ever if it were not stopped at its pick
        methods.put(
                "GReg-2",
                greg2.regGranularityPick(0.25)
                        .regUpperLimitPick(0.5)
                        .stabilizeRegInterval(Integer.MAX_VALUE)
                        .build());
        int[] measured = {0};
        ChoiceStudy.Result result = study.of("conv1", 0.3, methods, 100, 1, 0.01f, () -> measured[0]++);
        assertEquals(15, measured[0], "2 of 6");
        assertTrue(result.oracle().exhaustive());
        float[] weight;
        try (NnModule network = fresh()) {
            weight = network.parameters().get("conv1.weight").tensor().toHost();
        }
        int[] smallest = Selection.smallest(
                        L1Scores.ofWeights(weight, greg.pruning.graph.Granularity.FILTER.index(6, 1, 25)), 0.3)
                .pruned()
                .clone();
        Arrays.sort(smallest);
        assertArrayEquals(smallest, result.choices().get("L1"));
        assertArrayEquals(smallest, result.choices().get("GReg-2"), "nothing has moved yet");
        String svg = ChoiceStudy.figure(result).svg();
        assertTrue(svg.contains("GReg-2 removes " + result.oracle().of(smallest).pruned()), svg);
    }
}
