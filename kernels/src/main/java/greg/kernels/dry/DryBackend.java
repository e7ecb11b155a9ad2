package greg.kernels.dry;

import greg.kernels.AugmentKernels;
import greg.kernels.Backend;
import greg.kernels.BatchNormKernels;
import greg.kernels.ConcatKernels;
import greg.kernels.Conv2dKernels;
import greg.kernels.Device;
import greg.kernels.ElementwiseKernels;
import greg.kernels.GateKernels;
import greg.kernels.GemmKernels;
import greg.kernels.KernelFamilies;
import greg.kernels.Memory;
import greg.kernels.PenaltyKernels;
import greg.kernels.Pool2dKernels;
import greg.kernels.RandomKernels;
import greg.kernels.ReductionKernels;
import greg.kernels.ShortcutKernels;
import greg.kernels.SoftmaxLossKernels;
import greg.kernels.TransferKernels;
import greg.kernels.UpdateKernels;
import greg.kernels.UpsampleNearestKernels;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;

/**
 * A backend whose storages have a size but no content and whose kernels return at once. A forward pass on it shows
 * which ops a network consists of, with what shapes: the channel graph and the cost model are built that way. Downloads
 * return zeros; it is never chosen as a device.
 */
public final class DryBackend implements Backend {
    private final DryMemory memory = new DryMemory();
    private final KernelFamilies kernels = new KernelFamilies(
            nothing(TransferKernels.class),
            nothing(ElementwiseKernels.class),
            nothing(ReductionKernels.class),
            nothing(GemmKernels.class),
            nothing(Conv2dKernels.class),
            nothing(BatchNormKernels.class),
            nothing(Pool2dKernels.class),
            nothing(ShortcutKernels.class),
            nothing(ConcatKernels.class),
            nothing(GateKernels.class),
            nothing(UpsampleNearestKernels.class),
            nothing(SoftmaxLossKernels.class),
            nothing(PenaltyKernels.class),
            nothing(UpdateKernels.class),
            nothing(AugmentKernels.class),
            nothing(RandomKernels.class));

    @Override
    public Device device() {
        return new Device("dry", "none", "none", 1, "traces structure, computes nothing");
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

    /** A family of kernels that do nothing. */
    private static <K> K nothing(Class<K> family) {
        return family.cast(Proxy.newProxyInstance(
                family.getClassLoader(), new Class<?>[] {family}, (kernels, method, arguments) -> {
                    if (method.getDeclaringClass() == Object.class) return identity(family, kernels, method, arguments);
                    if (method.getName().equals("download")) zero(arguments[arguments.length - 1]);
                    if (method.getReturnType() == boolean.class) return false; // accumulates
                    return method.getReturnType() == long.class ? 1L : null; // long: savedBytes
                }));
    }

    private static void zero(Object array) {
        if (array instanceof float[] floats) Arrays.fill(floats, 0);
        if (array instanceof int[] ints) Arrays.fill(ints, 0);
    }

    private static Object identity(Class<?> family, Object kernels, Method method, Object[] arguments) {
        return switch (method.getName()) {
            case "equals" -> kernels == arguments[0];
            case "hashCode" -> System.identityHashCode(kernels);
            default -> "dry " + family.getSimpleName();
        };
    }
}
