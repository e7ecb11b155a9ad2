package greg.pruning.surgery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.reference.ReferenceBackend;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.model.Networks;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.select.Selection;
import greg.tensor.Shape;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What checkpoints store about a pruning, and how it is applied to a fresh network. */
class PruningPlanTest {
    private static final Shape IMAGE = Shape.of(1, 1, 28, 28);
    private final Backend backend = new ReferenceBackend();

    @AfterEach
    void close() {
        backend.close();
    }

    private NnModule lenet() {
        return Networks.create("lenet5", backend, 1, 28, 10);
    }

    private static Map<String, String> metadata(PruningPlan plan) {
        Map<String, String> metadata = new LinkedHashMap<>();
        plan.addTo(metadata);
        return metadata;
    }

    @Test
    void removedFiltersStandInTheMetadata() {
        try (NnModule net = lenet();
                NnModule fresh = lenet()) {
            Removal removal = new Removal(ChannelGraph.trace(net, IMAGE))
                    .filters("conv1", 0, 4)
                    .filters("conv2", 15);
            RemovalPlan plan = RemovalPlan.of(removal);
            assertEquals("conv1=1,2,3,5;conv2=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14", plan.toText());
            assertEquals(Map.of("plan", plan.toText(), "channels", "1", "image_size", "28"), metadata(plan));
            StateDict state = StateDict.of(net);
            plan.addTo(state);
            assertEquals(StateDict.of(net).names(), state.names(), "no tensors");
            PruningPlan read = PruningPlan.read(state, metadata(plan));
            read.apply(fresh);
            assertEquals(
                    Shape.of(15, 4, 5, 5),
                    fresh.parameters().get("conv2.weight").tensor().shape());
            assertEquals(plan.toText(), ((RemovalPlan) read).toText());
            assertArrayEquals(new int[] {1, 2, 3, 5}, plan.keptFilters().get("conv1"));
            assertEquals(Map.of(), plan.maskedWeights());
        }
    }

    @Test
    void imagesNeedNotBeSquare() {
        RemovalPlan plan = new RemovalPlan(Map.of("a", new int[] {0}), Shape.of(1, 3, 32, 48));
        assertEquals("32x48", metadata(plan).get("image_size"));
        assertEquals(metadata(plan), metadata(PruningPlan.read(new StateDict(), metadata(plan))));
    }

    @Test
    void nothingIsPruned() {
        for (PruningPlan none : List.of(PruningPlan.none(), PruningPlan.read(new StateDict(), Map.of()))) {
            assertTrue(none.isEmpty());
            assertEquals(Map.of("plan", ""), metadata(none));
            try (NnModule net = lenet()) {
                none.apply(net);
                assertEquals(61706, net.parameterCount());
            }
        }
    }

    @Test
    void masksStandBesideTheTensors() {
        try (NnModule net = lenet();
                NnModule fresh = lenet()) {
            net.parameters().values().forEach(p -> {
                float[] ones = new float[(int) p.tensor().shape().size()];
                Arrays.fill(ones, 1);
                p.tensor().set(ones);
            });
            Map<String, Selection> chosen = new LinkedHashMap<>();
            chosen.put("conv1.weight", Selection.of(150, 0, 7, 149));
            chosen.put("conv2.weight", Selection.keepAll(2400));
            MaskPlan plan = MaskPlan.of(chosen);
            assertEquals(Map.of("conv1.weight", 3), plan.maskedWeights());
            assertEquals(Map.of("plan", ""), metadata(plan));
            plan.apply(net);
            StateDict state = StateDict.of(net);
            plan.addTo(state);
            assertEquals(Shape.of(6, 1, 5, 5), state.get("mask.conv1.weight").shape());
            assertEquals(0, state.get("mask.conv1.weight").values()[7]);
            assertEquals(StateDict.of(net).names(), PruningPlan.weights(state).names());
            PruningPlan read = PruningPlan.read(state, metadata(plan));
            assertEquals(plan, read);
            read.apply(fresh);
            float[] weights = fresh.parameters().get("conv1.weight").tensor().toHost();
            PruningPlan.weights(state).loadInto(fresh);
            assertEquals(0, weights[7]);
            assertEquals(0, fresh.parameters().get("conv1.weight").mask().toHost()[149]);
            assertNull(fresh.parameters().get("conv2.weight").mask());
        }
    }

    private static String refusal(Runnable wrong) {
        return assertThrows(IllegalArgumentException.class, wrong::run).getMessage();
    }

    @Test
    void damagedFiles() {
        StateDict state = new StateDict();
        state.put("w", Shape.of(2), 1, 2);
        state.put("mask.w", Shape.of(2), 1, 0);
        Map<String, String> cut = Map.of("plan", "conv1=0", "channels", "1", "image_size", "28");
        assertTrue(refusal(() -> PruningPlan.read(state, cut)).contains("got both"));
        state.put("mask.w", Shape.of(2), 1, 0.5f);
        assertTrue(refusal(() -> PruningPlan.read(state, Map.of())).contains("expected 0 or 1 in 'mask.w', got 0.5"));
        state.put("mask.w", Shape.of(3), 1, 0, 1);
        assertTrue(refusal(() -> PruningPlan.read(state, Map.of())).contains("has no parameter of that shape"));
        StateDict none = new StateDict();
        for (String size : new String[] {"", "x", "28x", "-1", "28x28x28"}) {
            Map<String, String> damaged = Map.of("plan", "conv1=0", "channels", "1", "image_size", size);
            assertTrue(refusal(() -> PruningPlan.read(none, damaged)).contains("the image's planes and size"), size);
        }
        assertTrue(
                refusal(() -> PruningPlan.read(none, Map.of("plan", "conv1=0"))).contains("got null and null"));
        for (String text : new String[] {"conv1", "conv1=", "conv1=a", "conv1=1,,2"}) {
            assertTrue(refusal(() -> RemovalPlan.parse(text, IMAGE)).contains("cannot read"), text);
        }
    }

    @Test
    void plansOfOtherNetworks() {
        try (NnModule net = lenet()) {
            assertTrue(refusal(() -> RemovalPlan.parse("conv9=0", IMAGE).apply(net))
                    .contains("'conv9'"));
            assertEquals(
                    "removal plan: layer conv1 has 6 filters, the plan keeps [0, 6]; it belongs to another network",
                    refusal(() -> RemovalPlan.parse("conv1=0,6", IMAGE).apply(net)));
            MaskPlan masks = MaskPlan.of(Map.of("conv1.weight", Selection.of(151, 0)));
            assertTrue(refusal(() -> masks.apply(net)).contains("expected a parameter 'conv1.weight' of 151 elements"));
            assertThrows(IllegalArgumentException.class, () -> new RemovalPlan(Map.of("a", new int[1]), null));
        }
    }
}
