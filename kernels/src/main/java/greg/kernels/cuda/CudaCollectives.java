package greg.kernels.cuda;

import com.sun.jna.Pointer;
import greg.kernels.Collectives;
import greg.kernels.Processes;
import greg.kernels.Storage;
import java.nio.ByteBuffer;

/**
 * NCCL between the GPUs of the processes of a run, one each, in the stream of the backend's kernels: a captured step records
 * reductions like kernels. The unique id of the communicator travels through the processes' own group.
 */
final class CudaCollectives implements Collectives {
    private final CudaContext context;
    private final Nccl nccl;
    private final Pointer communicator;
    private final Pointer stream;
    private final int rank;
    private final int size;
    private boolean closed;

    CudaCollectives(CudaContext context, Processes group) {
        this.context = context;
        rank = group.rank();
        size = group.size();
        nccl = CudaLibraries.nccl();
        ByteBuffer id = ByteBuffer.allocateDirect(Nccl.ID_BYTES);
        if (rank == 0) id.put(nccl.uniqueId()).flip();
        group.broadcast(id, 0);
        byte[] bytes = new byte[Nccl.ID_BYTES];
        id.get(0, bytes);
        context.enter();
        communicator = nccl.join(bytes, size, rank);
        stream = new Pointer(context.streamHandle());
    }

    @Override
    public int rank() {
        return rank;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public void allReduce(Storage values) {
        CudaStorage storage = CudaStorage.of(values);
        context.enter();
        context.uses(storage);
        nccl.allReduce(communicator, pointer(storage), storage.extent(), stream);
        wrote("all-reduce", storage);
    }

    @Override
    public void broadcast(Storage values, int root) {
        CudaStorage storage = CudaStorage.of(values);
        context.enter();
        context.uses(storage);
        nccl.broadcast(communicator, pointer(storage), bytes(storage), root, stream);
        wrote("broadcast", storage);
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
