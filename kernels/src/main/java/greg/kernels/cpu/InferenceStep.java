package greg.kernels.cpu;

import greg.kernels.KernelException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.Pointer;

/**
 * A call bound to memory, ready to be run any number of times: through oneDNN's C interface, whose call costs a fraction of that of
 * the C++ interface, which collects the arguments from a map each time.
 */
final class InferenceStep implements AutoCloseable {
    private final dnnl_primitive primitive;
    private final dnnl_stream stream;
    private final dnnl_exec_arg_t arguments;
    private final int count;
    private final List<Pointer> kept = new ArrayList<>();
    private final HostBlock scratch;

    /** @param blocks the memory of each value */
    InferenceStep(OneDnn dnn, InferenceCall call, IntFunction<HostBlock> blocks) {
        primitive = keep(call.primitive().get());
        stream = keep(dnn.stream().get());
        long scratchBytes = call.scratch().get_size();
        scratch = scratchBytes == 0 ? null : HostBlock.require(scratchBytes);
        count = call.arguments().size() + (scratch == null ? 0 : 1);
        arguments = keep(new dnnl_exec_arg_t(count));
        int i = 0;
        for (InferenceCall.Argument argument : call.arguments()) {
            memory bound = argument.fixed();
            if (bound == null) {
                Pointer start = blocks.apply(argument.value()).pointer(Float.BYTES * argument.offset());
                bound = keep(new memory(argument.desc(), dnn.engine(), start));
            }
            put(i++, argument.kind(), bound);
        }
        if (scratch != null) {
            put(i, dnnl.DNNL_ARG_SCRATCHPAD, keep(new memory(call.scratch(), dnn.engine(), scratch.pointer())));
        }
        arguments.position(0);
    }

    private void put(int i, int kind, memory memory) {
        arguments.position(i).arg(kind).memory(keep(memory.get()));
    }

    private <P extends Pointer> P keep(P pointer) {
        kept.add(pointer.retainReference());
        return pointer;
    }

    void run() {
        int status = dnnl.dnnl_primitive_execute(primitive, stream, count, arguments);
        if (status != dnnl.dnnl_success) throw new KernelException("cpu: oneDNN failed with status " + status);
    }

    @Override
    public void close() {
        kept.forEach(Pointer::releaseReference);
        if (scratch != null) scratch.free();
    }
}
