package greg.kernels.cpu;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.javacpp.Pointer;

/**
 * One oneDNN primitive with its argument list, made once and executed many times: arguments are bound by address, and only a
 * changed address is passed to oneDNN. Build plans inside a PointerScope; what the plan keeps survives it.
 */
final class Plan {
    private final OneDnn dnn;
    private final primitive primitive;
    private final String implementation;
    private final IntMemoryMap arguments;
    private final List<memory> memories = new ArrayList<>();
    private final long[] addresses = new long[12];

    /** {@code implementation} is oneDNN's name of the chosen kernel. */
    Plan(OneDnn dnn, primitive primitive, String implementation) {
        this.dnn = dnn;
        this.primitive = primitive.retainReference();
        this.implementation = implementation;
        this.arguments = new IntMemoryMap().retainReference();
    }

    /** y = a op b, then ReLU if wanted, with y described as {@code a} is: arguments a, b, y. */
    static Plan binary(OneDnn dnn, int algorithm, memory.desc a, memory.desc b, boolean relu) {
        var desc = relu
                ? new binary.primitive_desc(dnn.engine(), algorithm, a, b, a, OneDnn.thenRelu(), false)
                : new binary.primitive_desc(dnn.engine(), algorithm, a, b, a);
        return new Plan(dnn, new primitive(desc), OneDnn.name(desc))
                .argument(dnnl.DNNL_ARG_SRC_0, a)
                .argument(dnnl.DNNL_ARG_SRC_1, b)
                .argument(dnnl.DNNL_ARG_DST, a);
    }

    /** Declares the next argument; the order of declaration is the index for {@link #bind}. */
    Plan argument(int kind, memory.desc desc) {
        memory argument = new memory(desc, dnn.engine(), (Pointer) null).retainReference();
        arguments.put(kind, argument);
        memories.add(argument);
        return this;
    }

    /** Points argument {@code index} at the start of a storage. */
    Plan bind(int index, CpuStorage storage) {
        return bind(index, storage.block.pointer());
    }

    /** Points argument {@code index} at an address. */
    Plan bind(int index, Pointer pointer) {
        long address = pointer.address();
        if (addresses[index] != address) {
            memories.get(index).set_data_handle(pointer);
            addresses[index] = address;
        }
        return this;
    }

    /** Executes; the CPU stream is synchronous. */
    void run() {
        dnn.enter();
        primitive.execute(dnn.stream(), arguments);
    }

    /** oneDNN's name of the chosen kernel, such as {@code jit:avx512_core}. */
    String implementation() {
        return implementation;
    }

    /** Frees the native objects. */
    void close() {
        arguments.releaseReference();
        memories.forEach(Pointer::releaseReference);
        primitive.releaseReference();
    }
}
