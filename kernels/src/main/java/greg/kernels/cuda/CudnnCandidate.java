package greg.kernels.cuda;

import static jcuda.jcudnn.cudnnBackendAttributeName.*;
import static jcuda.jcudnn.cudnnBackendAttributeType.CUDNN_TYPE_BEHAVIOR_NOTE;
import static jcuda.jcudnn.cudnnBackendAttributeType.CUDNN_TYPE_KNOB_TYPE;
import static jcuda.jcudnn.cudnnBackendAttributeType.CUDNN_TYPE_NUMERICAL_NOTE;
import static jcuda.jcudnn.cudnnBackendDescriptorType.*;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jcuda.jcudnn.cudnnBackendBehaviorNote;
import jcuda.jcudnn.cudnnBackendNumericalNote;

/** An engine configuration that cuDNN offers for a problem, and what it notes about the engine. */
final class CudnnCandidate implements AutoCloseable {
    private static final int MOST_NOTES = 16;
    private static final int MOST_KNOBS = 64;

    private final CudnnDescriptor configuration;
    private final List<CudnnDescriptor> parts;
    private final EngineChoice choice;
    private final int[] numerical;
    private final int[] behavior;

    /** Takes over {@code configuration}, and {@code parts}, what it was made of. */
    CudnnCandidate(ConvProblem problem, CudnnDescriptor configuration, List<CudnnDescriptor> parts) {
        this.configuration = configuration;
        this.parts = parts;
        List<CudnnDescriptor> engines = configuration.getDescriptors(
                CUDNN_ATTR_ENGINECFG_ENGINE, "engine of " + problem, CUDNN_BACKEND_ENGINE_DESCRIPTOR, 1);
        try (CudnnDescriptor engine = engines.get(0)) {
            long index = engine.getLong(CUDNN_ATTR_ENGINE_GLOBAL_INDEX);
            choice = EngineChoice.of(index, knobs(problem));
            numerical = engine.getEnums(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE, MOST_NOTES);
            behavior = engine.getEnums(CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, CUDNN_TYPE_BEHAVIOR_NOTE, MOST_NOTES);
        }
    }

    private Map<Integer, Long> knobs(ConvProblem problem) {
        Map<Integer, Long> values = new HashMap<>();
        for (CudnnDescriptor knob : configuration.getDescriptors(
                CUDNN_ATTR_ENGINECFG_KNOB_CHOICES,
                "knob of " + problem,
                CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR,
                MOST_KNOBS)) {
            int type = knob.getEnums(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE, 1)[0];
            values.put(type, knob.getLong(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE));
            knob.close();
        }
        return values;
    }

    CudnnDescriptor configuration() {
        return configuration;
    }

    EngineChoice choice() {
        return choice;
    }

    /** Whether it multiplies on tensor cores, which read float32 as TF32. */
    boolean tensorCores() {
        return has(numerical, cudnnBackendNumericalNote.CUDNN_NUMERICAL_NOTE_TENSOR_CORE);
    }

    /** Whether it narrows its inputs to another type, or keeps sums in less than float32. */
    boolean narrows() {
        return has(numerical, cudnnBackendNumericalNote.CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS)
                || has(numerical, cudnnBackendNumericalNote.CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION);
    }

    /** Whether two runs may give different bits. */
    boolean varies() {
        return has(numerical, cudnnBackendNumericalNote.CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC);
    }

    /** Whether its kernel is compiled when the plan is made, by a compiler that must be there. */
    boolean compiles() {
        return has(behavior, cudnnBackendBehaviorNote.CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION);
    }

    private static boolean has(int[] notes, int note) {
        for (int one : notes) {
            if (one == note) return true;
        }
        return false;
    }

    @Override
    public String toString() {
        return choice.toString();
    }

    @Override
    public void close() {
        configuration.close();
        parts.forEach(CudnnDescriptor::close);
    }
}
