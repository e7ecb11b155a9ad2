package greg.kernels.cuda;

import greg.kernels.Conv2dKernels;
import greg.kernels.DType;
import greg.kernels.Precision;
import greg.kernels.Storage;
import greg.kernels.spec.BiasSpec;
import greg.kernels.spec.Conv2dSpec;
import java.util.List;
import jcuda.driver.JCudaDriver;

/**
 * Convolutions by cuDNN on activations in NHWC. A weight is rewritten into KRSC at its first use and stays so; a gradient of a
 * weight is left in the same order, and in bfloat16 where cuDNN computes in it. The bias is added, and its gradient summed,
 * by kernels of our own.
 */
final class CudaConv2d implements Conv2dKernels, AutoCloseable {
    private final CudaContext context;
    private final DeviceMemory memory;
    private final CudaLayouts layouts;
    private final CudaElementwise elementwise;
    private final PackedWeights halves;
    private final NarrowGradients gradients;
    private final Precision precision;
    private final boolean deterministic;
    /** Opened by the first convolution: not every program has one. */
    private Cudnn cudnn;

    private CudnnPlans plans;

    CudaConv2d(
            CudaContext context,
            DeviceMemory memory,
            CudaLayouts layouts,
            CudaElementwise elementwise,
            NarrowGradients gradients,
            Precision precision,
            boolean deterministic) {
        this.context = context;
        this.memory = memory;
        this.layouts = layouts;
        this.elementwise = elementwise;
        this.gradients = gradients;
        halves = new PackedWeights(context, memory);
        this.precision = precision;
        this.deterministic = deterministic;
    }

    private CudnnPlans plans() {
        if (plans == null) {
            cudnn = Cudnn.open(context);
            plans = new CudnnPlans(context, memory, cudnn, deterministic);
        }
        return plans;
    }

    private ConvProblem problem(ConvKind kind, Conv2dSpec spec, boolean accumulate) {
        return ConvProblem.of(kind, spec, CudaLayouts.multiple(layouts.type()), precision, accumulate);
    }

    @Override
    public void forward(Conv2dSpec spec, Storage x, Storage w, Storage bias, Storage y) {
        ConvProblem problem = problem(ConvKind.FORWARD, spec, false);
        CudaStorage in = layouts.activation(x, spec.xDims());
        CudaStorage weight = weight(problem, spec, w);
        CudaStorage out = layouts.target(y, spec.yDims());
        if (problem.leavesPadding()) clear(out, 0, problem.yElements());
        plans().run(problem, in, weight, out);
        layouts.wrote(out, y, spec.yDims());
        weight.release();
        in.release();
        if (bias != null) elementwise.bias(biasSpec(spec), y, bias, y);
    }

    private static BiasSpec biasSpec(Conv2dSpec spec) {
        return new BiasSpec(spec.n(), spec.outChannels(), spec.outH(), spec.outW(), false);
    }

    @Override
    public void backwardData(Conv2dSpec spec, Storage w, Storage dy, Storage dx) {
        ConvProblem problem = problem(ConvKind.BACKWARD_DATA, spec, false);
        CudaStorage gradient = layouts.activation(dy, spec.yDims());
        CudaStorage weight = weight(problem, spec, w);
        CudaStorage out = layouts.target(dx, spec.xDims());
        if (problem.leavesPadding()) clear(out, 0, problem.xElements());
        plans().run(problem, out, weight, gradient);
        layouts.wrote(out, dx, spec.xDims());
        weight.release();
        gradient.release();
    }

    @Override
    public boolean accumulates(Conv2dSpec spec) {
        return true;
    }

    @Override
    public void addBackwardData(Conv2dSpec spec, Storage w, Storage dy, Storage dx) {
        ConvProblem problem = problem(ConvKind.BACKWARD_DATA, spec, true);
        CudaStorage gradient = layouts.activation(dy, spec.yDims());
        CudaStorage weight = weight(problem, spec, w);
        CudaStorage sum = layouts.activation(dx, spec.xDims());
        plans().run(problem, sum, weight, gradient);
        if (sum == dx) {
            sum.wroteChannelsLast(spec.xDims(), problem.xPitch());
            sum.release();
        } else {
            CudaStorage out = layouts.target(dx, spec.xDims());
            context.copy(sum, out);
            sum.release();
            layouts.wrote(out, dx, spec.xDims());
        }
        weight.release();
        gradient.release();
    }

    @Override
    public void backwardWeights(Conv2dSpec spec, Storage x, Storage dy, Storage dw, Storage db) {
        ConvProblem problem = problem(ConvKind.BACKWARD_WEIGHTS, spec, false);
        CudaStorage in = layouts.activation(x, spec.xDims());
        CudaStorage gradient = layouts.activation(dy, spec.yDims());
        CudaStorage target = CudaStorage.overwritten(dw);
        if (target.type() != DType.FLOAT32 || target.room() < problem.wElements()) {
            CudaStorage out = memory.take(problem.type(), target.length(), problem.wElements());
            plans().run(problem, in, out, gradient);
            out.wroteChannelsLast(spec.wDims(), weightPitch(problem));
            layouts.toDense(out, spec.wDims(), target);
            out.release();
        } else if (problem.type() == DType.FLOAT32) {
            plans().run(problem, in, target, gradient);
            target.wroteChannelsLast(spec.wDims(), weightPitch(problem));
        } else {
            plans().run(problem, in, gradients.block(target), gradient);
            gradients.wrote(target, spec.wDims(), weightPitch(problem));
        }
        if (db != null) elementwise.biasBackward(biasSpec(spec), gradient, db);
        gradient.release();
        in.release();
    }

    /** From one element of a filter's window to the next in KRSC. */
    private static int weightPitch(ConvProblem problem) {
        return problem.spec().inChannels() / problem.spec().groups();
    }

    /**
     * The weight in KRSC in the type of activations, with filters of zeros up to the number that the problem has: itself or a
     * copy, in either case with a reference to be released.
     */
    private CudaStorage weight(ConvProblem problem, Conv2dSpec spec, Storage w) {
        CudaStorage given = CudaStorage.of(w);
        int[] dims = spec.wDims();
        int pitch = weightPitch(problem);
        long elements = problem.wElements();
        CudaStorage packed;
        if (given.room() >= elements && layouts.arrange(given, dims, pitch)) {
            packed = given;
            given.retain();
        } else {
            packed = roomy(layouts.channelsLast(w, dims, DType.FLOAT32, pitch), dims, pitch, elements);
        }
        if (problem.type() == DType.FLOAT32) return padded(packed, elements);
        CudaStorage half = halves.half(packed, dims, pitch);
        half.retain();
        packed.release();
        return padded(half, elements);
    }

    /** With zeros behind the weight, for the filters that pad their number. */
    private CudaStorage padded(CudaStorage weight, long elements) {
        if (elements > weight.extent() && !weight.zeroBehind()) {
            clear(weight, weight.extent(), elements);
            weight.clearedBehind();
        }
        return weight;
    }

    /** The same weight in a storage with room for the filters that pad it; takes over the reference. */
    private CudaStorage roomy(CudaStorage weight, int[] dims, int pitch, long elements) {
        if (weight.room() >= elements) return weight;
        CudaStorage larger = memory.take(DType.FLOAT32, weight.length(), elements);
        context.copy(weight, larger);
        larger.wroteChannelsLast(dims, pitch);
        weight.release();
        return larger;
    }

    /** Elements {@code from} to {@code to} = 0. */
    private void clear(CudaStorage storage, long from, long to) {
        context.uses(storage);
        int bytes = storage.type().bytes();
        context.check(
                "clearing the padding of a convolution",
                JCudaDriver.cuMemsetD8Async(
                        storage.address().plus(from * bytes), (byte) 0, (to - from) * bytes, context.stream()));
        context.launched(new Launched.ByDriver("clear", (to - from) * bytes));
    }

    /** Which engine computes which convolution, as far as they have run. */
    List<String> planChoices() {
        return plans == null ? List.of() : plans.choices();
    }

    /** cuDNN's description of the device. */
    String deviceDescription() {
        return plans().deviceDescription();
    }

    /** Computes convolutions by these engines; what could not be done, and why. */
    List<String> usePlans(List<String> choices) {
        return choices.isEmpty() ? List.of() : plans().use(choices);
    }

    @Override
    public void close() {
        if (plans == null) return;
        plans.close();
        cudnn.close();
    }
}
