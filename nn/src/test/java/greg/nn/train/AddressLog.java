package greg.nn.train;

import greg.kernels.AugmentKernels;
import greg.kernels.Backend;
import greg.kernels.BatchNormKernels;
import greg.kernels.ConcatKernels;
import greg.kernels.Conv2dKernels;
import greg.kernels.DType;
import greg.kernels.Device;
import greg.kernels.ElementwiseKernels;
import greg.kernels.GateKernels;
import greg.kernels.GemmKernels;
import greg.kernels.KernelFamilies;
import greg.kernels.Memory;
import greg.kernels.MemoryPool;
import greg.kernels.PenaltyKernels;
import greg.kernels.Pool2dKernels;
import greg.kernels.RandomKernels;
import greg.kernels.ReductionKernels;
import greg.kernels.ShortcutKernels;
import greg.kernels.SoftmaxLossKernels;
import greg.kernels.Storage;
import greg.kernels.TransferKernels;
import greg.kernels.UpdateKernels;
import greg.kernels.UpdateSlot;
import greg.kernels.UpsampleNearestKernels;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

/** A backend that computes nothing and notes which kernels are called with which blocks of memory. */
final class AddressLog implements Backend {
    private final Numbers memory = new Numbers();
    private final boolean convolutionsAccumulate;
    private final KernelFamilies kernels = new KernelFamilies(
            noting(TransferKernels.class),
            noting(ElementwiseKernels.class),
            noting(ReductionKernels.class),
            noting(GemmKernels.class),
            noting(Conv2dKernels.class),
            noting(BatchNormKernels.class),
            noting(Pool2dKernels.class),
            noting(ShortcutKernels.class),
            noting(ConcatKernels.class),
            noting(GateKernels.class),
            noting(UpsampleNearestKernels.class),
            noting(SoftmaxLossKernels.class),
            noting(PenaltyKernels.class),
            noting(UpdateKernels.class),
            noting(AugmentKernels.class),
            noting(RandomKernels.class));
    private List<String> calls = new ArrayList<>();

    /** {@code convolutionsAccumulate}: what {@link Conv2dKernels#accumulates} says. */
    AddressLog(boolean convolutionsAccumulate) {
        this.convolutionsAccumulate = convolutionsAccumulate;
    }

    /** The calls since the last question, each with its blocks. */
    List<String> take() {
        List<String> taken = calls;
        calls = new ArrayList<>();
        return taken;
    }

    private <K> K noting(Class<K> family) {
        return family.cast(Proxy.newProxyInstance(
                family.getClassLoader(),
                new Class<?>[] {family},
                (proxy, method, arguments) -> answer(method, arguments)));
    }

    private Object answer(Method method, Object[] arguments) {
        if (method.getReturnType() == boolean.class) return convolutionsAccumulate;
        if (method.getReturnType() == long.class) return 64L; // savedBytes
        StringBuilder call = new StringBuilder(method.getName());
        for (Object argument : arguments) append(call, argument);
        calls.add(call.toString());
        return null;
    }

    private static void append(StringBuilder call, Object argument) {
        if (argument instanceof Storage storage) {
            call.append(' ').append(((Numbered) storage).block);
        } else if (argument instanceof UpdateSlot slot) {
            append(call, slot.weight());
            append(call, slot.gradient());
        } else if (argument instanceof List<?> list) {
            list.forEach(element -> append(call, element));
        }
    }

    @Override
    public Device device() {
        return new Device("log", "none", "none", 1, "notes addresses");
    }

    @Override
    public Memory memory() {
        return memory;
    }

    @Override
    public KernelFamilies kernels() {
        return kernels;
    }

    @Override
    public void close() {
        memory.trim();
    }

    private static final class Numbered extends Storage {
        private final int block;

        Numbered(Memory memory, int block, DType type, long length) {
            super(memory, type, length);
            this.block = block;
        }
    }

    /** Blocks are numbers. */
    private static final class Numbers extends MemoryPool<Integer> {
        private int next;

        @Override
        protected Integer obtain(long bytes) {
            return next++;
        }

        @Override
        protected void free(Integer block, long bytes) {}

        @Override
        protected Storage wrap(Integer block, DType type, long length) {
            return new Numbered(this, block, type, length);
        }

        @Override
        protected Integer unwrap(Storage storage) {
            return ((Numbered) storage).block;
        }
    }
}
