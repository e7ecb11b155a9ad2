package greg.kernels.cuda;

import com.sun.jna.Pointer;
import greg.kernels.DType;
import greg.kernels.GroupCollectives;
import greg.kernels.KernelException;
import greg.kernels.Processes;
import greg.kernels.Storage;
import java.util.List;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * NCCL between the GPUs of the processes of a run, one each, in a stream of its own: sums run beside the kernels that come after
 * what they sum, and a captured step records them as a branch. The unique id of the communicator travels through the processes' own group.
 */
final class CudaCollectives extends GroupCollectives {
    private final CudaContext context;
    private final Nccl nccl;
    private final Pointer communicator;
    private final Stream stream = new Stream();
    /** In the stream of the kernels: what is to be summed is there. */
    private final CUevent ready = new CUevent();
    /** In this stream: what was begun is done. */
    private final CUevent done = new CUevent();

    private boolean begun;
    private boolean closed;

    /** A stream that can be handed to a library which JCuda does not know. */
    private static final class Stream extends CUstream {
        Pointer handle() {
            return new Pointer(getNativePointer());
        }
    }

    CudaCollectives(CudaContext context, Processes group) {
        super(group);
        this.context = context;
        nccl = CudaLibraries.nccl();
        byte[] id = rank() == 0 ? nccl.uniqueId() : new byte[Nccl.ID_BYTES];
        broadcast(id);
        context.enter();
        context.check("cuStreamCreate", JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
        int timeless = CUevent_flags.CU_EVENT_DISABLE_TIMING;
        context.check("cuEventCreate", JCudaDriver.cuEventCreate(ready, timeless));
        context.check("cuEventCreate", JCudaDriver.cuEventCreate(done, timeless));
        communicator = nccl.join(id, size(), rank());
    }

    @Override
    public void startSum(List<Storage> values) {
        reduce(values, false);
    }

    @Override
    public void startMean(List<Storage> values) {
        reduce(values, true);
    }

    /** In one launch: the smallest takes as long as some megabytes. */
    private void reduce(List<Storage> values, boolean mean) {
        if (values.isEmpty()) return;
        List<CudaStorage> parts = values.stream().map(CudaCollectives::summable).toList(); // may issue kernels
        context.check("cuEventRecord", JCudaDriver.cuEventRecord(ready, context.stream()));
        context.check("cuStreamWaitEvent", JCudaDriver.cuStreamWaitEvent(stream, ready, 0));
        begun = true;
        long elements = 0;
        nccl.groupStart();
        for (CudaStorage part : parts) {
            context.uses(part);
            Pointer address = new Pointer(part.address().value());
            nccl.allReduce(communicator, address, part.extent(), mean, stream.handle());
            elements += part.extent();
        }
        nccl.groupEnd();
        context.launched(new Launched.ByDriver("all-reduce", 2 * elements * Float.BYTES));
        for (CudaStorage part : parts) part.wroteLike(part);
    }

    private static CudaStorage summable(Storage values) {
        CudaStorage storage = CudaStorage.of(values);
        if (storage.type() == DType.FLOAT32) return storage;
        throw new KernelException("cuda: expected FLOAT32 to be summed over all ranks, got " + storage.type());
    }

    /** The kernels wait, not the host. */
    @Override
    public void await() {
        if (!begun) return;
        begun = false;
        context.check("cuEventRecord", JCudaDriver.cuEventRecord(done, stream));
        context.check("cuStreamWaitEvent", JCudaDriver.cuStreamWaitEvent(context.stream(), done, 0));
    }

    @Override
    public void close() {
        if (closed) return;
        closed = true;
        context.enter();
        JCudaDriver.cuStreamSynchronize(stream);
        nccl.leave(communicator);
        JCudaDriver.cuEventDestroy(ready);
        JCudaDriver.cuEventDestroy(done);
        JCudaDriver.cuStreamDestroy(stream);
    }
}
