package greg.kernels.cpu;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_desc_base;

/**
 * One primitive of an {@link InferenceProgram}: what it reads and writes is a value of the network or a constant. Build it inside a
 * PointerScope; what it keeps survives.
 */
final class InferenceCall {
    /** An argument in memory of a value, {@code offset} floats after its start; or, where {@code fixed} is set, that memory. */
    record Argument(int kind, memory.desc desc, int value, long offset, memory fixed) {}

    private final primitive primitive;
    private final List<Argument> arguments = new ArrayList<>();
    private final memory.desc scratch;

    InferenceCall(primitive_desc_base desc) {
        primitive = new primitive(desc.get()).retainReference();
        scratch = desc.scratchpad_desc().retainReference();
    }

    InferenceCall value(int kind, memory.desc desc, int value) {
        return value(kind, desc, value, 0);
    }

    InferenceCall value(int kind, memory.desc desc, int value, long offset) {
        arguments.add(new Argument(kind, desc.retainReference(), value, offset, null));
        return this;
    }

    InferenceCall constant(int kind, memory constant) {
        arguments.add(new Argument(kind, null, 0, 0, constant));
        return this;
    }

    primitive primitive() {
        return primitive;
    }

    List<Argument> arguments() {
        return arguments;
    }

    /** What the primitive needs beside its arguments. */
    memory.desc scratch() {
        return scratch;
    }

    void close() {
        for (Argument argument : arguments) {
            if (argument.desc != null) argument.desc.releaseReference();
        }
        scratch.releaseReference();
        primitive.releaseReference();
    }
}
