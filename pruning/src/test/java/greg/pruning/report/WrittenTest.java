package greg.pruning.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import greg.nn.optim.OptimizerKind;
import greg.nn.train.Augmentation;
import greg.pruning.graph.Granularity;
import greg.pruning.growth.PruningMethod;
import greg.pruning.growth.Semantics;
import greg.pruning.ratios.InheritedPruning;
import greg.pruning.select.PickPruned;
import greg.pruning.surgery.Reinit;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The names in run folders and on the command line, which must not change. */
class WrittenTest {
    @Test
    void constantsHaveTheNamesOfTheReferenceImplementation() {
        names(PruningMethod.class, "L1", "GReg-1", "GReg-2", "FixReg");
        names(Granularity.class, "filter", "channel", "weight");
        names(PickPruned.class, "min", "max", "rand");
        names(Semantics.class, "reference", "paper");
        names(Reinit.class, "none", "default", "orth");
        names(InheritedPruning.Mode.class, "index", "pr");
        names(OptimizerKind.class, "sgd", "adam");
        names(Augmentation.class, "none", "crop", "resized-crop");
    }

    /** In their order, from both readers of the annotation. */
    private static <E extends Enum<E>> void names(Class<E> type, String... names) {
        assertEquals(List.of(names), List.copyOf(Written.constants(type).keySet()));
        for (int i = 0; i < names.length; i++) {
            E constant = type.getEnumConstants()[i];
            assertEquals(names[i], Written.name(constant));
            assertEquals("\"" + names[i] + "\"", Json.line(constant));
            assertEquals(constant, Written.constants(type).get(names[i]));
        }
    }

    private enum Unnamed {
        ONE
    }

    @Test
    void aConstantWithoutANameIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Written.name(Unnamed.ONE));
    }
}
