package greg.kernels.cuda;

import com.sun.jna.Pointer;
import greg.kernels.DType;
import greg.kernels.GroupCollectives;
import greg.kernels.KernelException;
import greg.kernels.Processes;
import greg.kernels.Storage;
import java.util.List;

/**
 * NCCL between the GPUs of the processes of a run, one each, in the stream of the backend's kernels: a captured step records
 * reductions like kernels. The unique id of the communicator travels through the processes' own group.
 */
final class CudaCollectives extends GroupCollectives {
    private final CudaContext context;
    private final Nccl nccl;
    private final Pointer communicator;
    private final Pointer stream;
    private boolean closed;

    CudaCollectives(CudaContext context, Processes group) {
        super(group);
        this.context = context;
        nccl = CudaLibraries.nccl();
        byte[] id = rank() == 0 ? nccl.uniqueId() : new byte[Nccl.ID_BYTES];
        broadcast(id);
        context.enter();
        communicator = nccl.join(id, size(), rank());
        stream = new Pointer(context.streamHandle());
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
        nccl.groupStart();
        try {
            for (Storage part : values) reduce(part, mean);
        } finally {
            nccl.groupEnd();
        }
    }

    private void reduce(Storage values, boolean mean) {
        CudaStorage storage = CudaStorage.of(values);
        if (storage.type() != DType.FLOAT32) {
            throw new KernelException("cuda: expected FLOAT32 to be summed over all ranks, got " + storage.type());
        }
        context.enter();
        context.uses(storage);
        nccl.allReduce(communicator, pointer(storage), storage.extent(), mean, stream);
        wrote("all-reduce", storage);
    }

    private void wrote(String kernel, CudaStorage storage) {
        context.launched(new Launched.ByDriver(kernel, 2 * bytes(storage)));
        storage.wroteLike(storage);
    }

    private static Pointer pointer(CudaStorage storage) {
        return new Pointer(storage.address().value());
    }

    private static long bytes(CudaStorage storage) {
        return storage.extent() * storage.type().bytes();
    }

    @Override
    public void close() {
        if (closed) return;
        closed = true;
        context.synchronize();
        nccl.leave(communicator);
    }
}
