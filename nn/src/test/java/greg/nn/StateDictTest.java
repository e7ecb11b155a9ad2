package greg.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.layer.Linear;
import greg.nn.model.Networks;
import greg.nn.model.Vgg;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StateDictTest {
    private final Backend backend = Backends.open("reference", BackendOptions.standard());

    @AfterEach
    void close() {
        backend.close();
    }

    private NnModule vgg() {
        return new Vgg(backend, new int[] {2, 0, 3}, true, 1, 2);
    }

    private static StateDict counted(NnModule module) {
        StateDict shapes = StateDict.of(module);
        StateDict counted = new StateDict();
        float next = 0;
        for (String name : shapes.names()) {
            float[] values = new float[shapes.get(name).values().length];
            for (int i = 0; i < values.length; i++) values[i] = next++;
            counted.put(name, shapes.get(name).shape(), values);
        }
        return counted;
    }

    @Test
    void theChecksumSeesNamesShapesAndTheLastBit() {
        Set<Long> sums = new HashSet<>();
        for (String name : List.of("a", "b")) {
            for (Shape shape : List.of(Shape.of(2, 3), Shape.of(3, 2))) {
                for (float last : new float[] {1, Math.nextUp(1f), -1}) {
                    StateDict state = new StateDict();
                    state.put(name, shape, 0, 0, 0, 0, 0, last);
                    long sum = state.checksum();
                    assertEquals(sum, state.checksum());
                    sums.add(sum);
                }
            }
        }
        assertEquals(12, sums.size());
    }

    @Test
    void holdsParametersAndBuffersInPyTorchsOrder() {
        try (NnModule module = vgg()) {
            assertEquals(
                    List.of(
                            "features.0.weight",
                            "features.1.weight",
                            "features.1.bias",
                            "features.1.running_mean",
                            "features.1.running_var",
                            "features.4.weight",
                            "features.5.weight",
                            "features.5.bias",
                            "features.5.running_mean",
                            "features.5.running_var",
                            "classifier.weight",
                            "classifier.bias"),
                    List.copyOf(StateDict.of(module).names()));
        }
    }

    private static long elements(StateDict state) {
        return state.names().stream()
                .mapToLong(name -> state.get(name).shape().size())
                .sum();
    }

    @Test
    void roundTripThroughAModule() {
        try (NnModule module = vgg()) {
            StateDict counted = counted(module);
            counted.loadInto(module);
            StateDict back = StateDict.of(module);
            assertEquals(List.copyOf(counted.names()), List.copyOf(back.names()));
            for (String name : counted.names()) {
                assertEquals(counted.get(name).shape(), back.get(name).shape());
                assertArrayEquals(counted.get(name).values(), back.get(name).values());
            }
            assertEquals(module.parameterCount() + 2 * (2 + 3), elements(back), "parameters and running statistics");
        }
    }

    @Test
    void acceptsDataParallelsPrefixAndBatchCounters() {
        try (NnModule module = vgg()) {
            StateDict counted = counted(module);
            StateDict wrapped = new StateDict();
            for (String name : counted.names()) {
                wrapped.put(
                        "module." + name,
                        counted.get(name).shape(),
                        counted.get(name).values());
            }
            wrapped.put("module.features.1.num_batches_tracked", Shape.of(), 7);
            wrapped.loadInto(module);
            assertArrayEquals(
                    counted.get("features.4.weight").values(),
                    StateDict.of(module).get("features.4.weight").values());
        }
    }

    /** As PyTorch's ImageNet example, and the reference implementation, wrap VGGs and AlexNets. */
    @Test
    void acceptsDataParallelAroundAPart() {
        try (NnModule module = vgg()) {
            StateDict counted = counted(module);
            StateDict wrapped = new StateDict();
            for (String name : counted.names()) {
                wrapped.put(
                        name.replace("features.", "features.module."),
                        counted.get(name).shape(),
                        counted.get(name).values());
            }
            wrapped.loadInto(module);
            assertArrayEquals(
                    counted.get("features.4.weight").values(),
                    StateDict.of(module).get("features.4.weight").values());
        }
    }

    private static final class Outer extends NnModule {
        Outer(Backend backend) {
            super(backend);
            child("net", new Inner(backend));
        }

        private static final class Inner extends NnModule {
            Inner(Backend backend) {
                super(backend);
                child("module", new Linear(backend, 2, 1, false));
            }

            @Override
            public Tensor forward(Tensor x) {
                return x;
            }
        }

        @Override
        public Tensor forward(Tensor x) {
            return x;
        }
    }

    @Test
    void aModuleOfThatNameIsNotMistakenForDataParallels() {
        try (NnModule module = new Outer(backend)) {
            StateDict counted = counted(module);
            assertEquals(Set.of("net.module.weight"), counted.names());
            counted.loadInto(module);
            assertArrayEquals(
                    new float[] {0, 1},
                    StateDict.of(module).get("net.module.weight").values());
        }
    }

    /** The reference implementation keeps Linears and activations in one Sequential. */
    @Test
    void theReferencesNamesOfAnMlp() {
        try (NnModule module = Networks.create("mlp_7_linear", backend, 1, 4, 10)) {
            StateDict counted = counted(module);
            StateDict reference = new StateDict();
            for (int i = 0; i < 7; i++) {
                for (String part : List.of(".weight", ".bias")) {
                    StateDict.Entry entry = counted.get("fc" + (i + 1) + part);
                    reference.put("module.net." + 2 * i + part, entry.shape(), entry.values());
                }
            }
            reference.loadInto(module);
            for (String name : counted.names()) {
                assertArrayEquals(
                        counted.get(name).values(),
                        StateDict.of(module).get(name).values(),
                        name);
            }
            reference.put("net.1.weight", Shape.of(1), 0);
            assertTrue(refused(reference, module).contains(": 1 not expected: net.1.weight. "));
        }
    }

    @Test
    void whatIsMissingWhatIsNotExpectedAndWrongShapesAreSaidAtOnce() {
        try (NnModule module = vgg()) {
            StateDict counted = counted(module);
            StateDict state = new StateDict();
            for (String name : counted.names()) {
                if (name.startsWith("features.5.")) continue;
                Shape shape = counted.get(name).shape();
                boolean last = name.startsWith("classifier.");
                Shape other = last ? Shape.of(shape.rank() == 2 ? new int[] {7, 3} : new int[] {7}) : shape;
                state.put(name, other, new float[(int) other.size()]);
            }
            for (int i = 0; i < 6; i++) state.put("extra." + i, Shape.of(1), 0);
            String misfit =
                    "4 missing: features.5.weight, features.5.bias, features.5.running_mean, features.5.running_var;"
                            + " 6 not expected: extra.0, extra.1, extra.2, extra.3, extra.4 and 1 more;"
                            + " 2 of another shape: classifier.weight (expected (2, 3), got (7, 3)), classifier.bias (expected (2),"
                            + " got (7)). Is this a checkpoint of another architecture?";
            assertEquals(misfit, state.misfit(module));
            assertEquals("load weights: the tensors do not fit Vgg: " + misfit, refused(state, module));
            assertNull(counted.misfit(module));
        }
    }

    @Test
    void aCheckpointOfAnotherArchitectureIsRefusedAndChangesNothing() {
        try (NnModule lenet = Networks.create("lenet5", backend, 1, 28, 10);
                NnModule module = vgg()) {
            counted(module).loadInto(module);
            String message = refused(StateDict.of(lenet), module);
            assertEquals(
                    "load weights: the tensors do not fit Vgg: 12 missing: features.0.weight, features.1.weight,"
                            + " features.1.bias, features.1.running_mean, features.1.running_var and 7 more; 10 not"
                            + " expected: conv1.weight, conv1.bias, conv2.weight, conv2.bias, conv3.weight and 5 more. Is this a checkpoint of another architecture?",
                    message);
            assertArrayEquals(
                    counted(module).get("classifier.bias").values(),
                    StateDict.of(module).get("classifier.bias").values());
        }
    }

    @Test
    void aWrongShapeNamesBothShapes() {
        try (NnModule module = vgg();
                NnModule ten = new Vgg(backend, new int[] {2, 0, 3}, true, 1, 10)) {
            String message = refused(StateDict.of(ten), module);
            assertTrue(message.contains("classifier.weight (expected (2, 3), got (10, 3))"), message);
            assertTrue(message.contains("other classes"), message);
        }
    }

    @Test
    void oneMissingTensorIsNamed() {
        try (NnModule module = vgg()) {
            StateDict all = counted(module);
            StateDict some = new StateDict();
            for (String name : all.names()) {
                if (!name.equals("features.1.running_var")) {
                    some.put(name, all.get(name).shape(), all.get(name).values());
                }
            }
            assertTrue(refused(some, module).contains("1 missing: features.1.running_var."));
            assertTrue(assertThrows(IllegalArgumentException.class, () -> some.get("x"))
                    .getMessage()
                    .contains("no tensor 'x'"));
        }
    }

    @Test
    void whatNoNetworkCanComputeWithIsRefusedAndChangesNothing() {
        try (NnModule module = vgg()) {
            counted(module).loadInto(module);
            StateDict state = counted(module);
            state.get("classifier.bias").values()[1] = Float.NaN;
            state.get("features.4.weight").values()[0] = Float.NEGATIVE_INFINITY;
            state.get("features.5.running_var").values()[2] = -1e-6f;
            state.get("features.5.running_mean").values()[2] = -1; // a mean may be
            assertEquals(
                    "load weights: no network can compute with its values in features.4.weight (1 of 54 NaN or infinite),"
                            + " features.5.running_var (1 of 3 negative), classifier.bias (1 of 2 NaN or infinite)",
                    refused(state, module));
            assertArrayEquals(
                    counted(module).get("classifier.bias").values(),
                    StateDict.of(module).get("classifier.bias").values());
            state.loadInto(module, true);
            assertArrayEquals(
                    state.get("classifier.bias").values(),
                    StateDict.of(module).get("classifier.bias").values());
        }
    }

    private static String refused(StateDict state, NnModule module) {
        return assertThrows(IllegalArgumentException.class, () -> state.loadInto(module))
                .getMessage();
    }

    @Test
    void valuesMustFillTheShape() {
        assertThrows(IllegalArgumentException.class, () -> new StateDict().put("a", Shape.of(2, 2), 1, 2, 3));
    }
}
