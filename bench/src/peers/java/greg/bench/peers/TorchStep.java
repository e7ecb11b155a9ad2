package greg.bench.peers;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import greg.bench.TrainStepWorkload;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The peer: one training step of a {@link TrainStepWorkload} in libtorch, through the Deep Java Library.
 *
 * <p>The network is written with DJL's functional operators, one libtorch call each, and trained by DJL's own
 * cross-entropy and SGD. At a fixed learning rate DJL's form of momentum (v = m v + lr g, w = w - v) is PyTorch's.
 *
 * <p>DJL has no call for a memory format. A tensor made as NHWC and permuted to NCHW has channels-last strides all the
 * same, and libtorch chooses its kernels by strides, so {@link MemoryFormat#CHANNELS_LAST} makes images and convolution
 * weights that way; strides then spread from layer to layer as they do in Python.
 *
 * <p>Nothing is downloaded: DJL is put in its offline mode, and the native library comes from the class path (it is
 * unpacked once into DJL's cache, {@code ~/.djl.ai} unless {@code DJL_CACHE_DIR} says otherwise).
 */
public final class TorchStep implements AutoCloseable {
    static {
        // before DJL's first class: otherwise DJL may download natives and report usage
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
    }

    /** Order in memory of the four-dimensional tensors. */
    public enum MemoryFormat {
        /** NCHW, PyTorch's default. */
        CONTIGUOUS,
        /** NHWC, what PyTorch recommends for convolutional networks. */
        CHANNELS_LAST
    }

    private static final NDIndex EVERY_OTHER_PIXEL = new NDIndex(":, :, ::2, ::2");
    private static final Shape ONE = new Shape(1, 1);
    private static final Shape TWO = new Shape(2, 2);

    private final TrainStepWorkload work;
    private final NDManager manager;
    private final MemoryFormat format;
    private final Map<String, NDArray> parameters = new LinkedHashMap<>();
    private final Map<String, NDArray> statistics = new LinkedHashMap<>();
    private final NDArray images;
    private final NDArray labels;
    private final Loss crossEntropy = Loss.softmaxCrossEntropyLoss();
    private final Optimizer sgd = Optimizer.sgd()
            .setLearningRateTracker(Tracker.fixed(TrainStepWorkload.LEARNING_RATE))
            .optMomentum(TrainStepWorkload.MOMENTUM)
            .optWeightDecays(TrainStepWorkload.WEIGHT_DECAY)
            .build();
    private float loss = Float.NaN;

    /**
     * Builds the network with the workload's own first weights.
     *
     * @param work architecture and batch
     * @param threads libtorch's intra-op threads, which are the whole process's: the last step built decides
     * @param format order of the images, the convolution weights and so of all activations
     */
    public TorchStep(TrainStepWorkload work, int threads, MemoryFormat format) {
        this(work, threads, format, work.parameters());
    }

    /**
     * Builds the network.
     *
     * @param work architecture and batch
     * @param threads libtorch's intra-op threads, which are the whole process's: the last step built decides
     * @param format order of the images, the convolution weights and so of all activations
     * @param weights first value of each parameter, by the names of {@link TrainStepWorkload#shapes}, row-major
     * @throws IllegalArgumentException if a parameter is missing, unknown or of another size, or threads is below 1
     */
    public TorchStep(TrainStepWorkload work, int threads, MemoryFormat format, Map<String, float[]> weights) {
        if (threads < 1) {
            throw new IllegalArgumentException("TorchStep: expected at least 1 thread, got " + threads);
        }
        check(work.shapes(), weights);
        this.work = work;
        this.format = format;
        manager = Engine.getEngine("PyTorch").newBaseManager();
        JniUtils.setNumThreads(threads);
        work.shapes().forEach((name, shape) -> parameters.put(name, parameter(weights.get(name), shape)));
        parameters.forEach((name, value) -> {
            if (name.contains("bn") && name.endsWith(".weight")) {
                String norm = name.substring(0, name.length() - ".weight".length());
                statistics.put(norm + ".running_mean", manager.zeros(value.getShape()));
                statistics.put(norm + ".running_var", manager.ones(value.getShape()));
            }
        });
        images = tensor(work.images(), new Shape(work.batch(), 3, 32, 32));
        labels = manager.create(Arrays.stream(work.labels()).asLongStream().toArray());
    }

    /** Forward, loss, backward, update. All that it allocates, it frees. */
    public void step() {
        try (NDManager scope = manager.newSubManager()) {
            // results belong to the manager of their first operand, so the inputs are moved into the scope
            images.tempAttach(scope);
            labels.tempAttach(scope);
            try (GradientCollector tape = Engine.getEngine("PyTorch").newGradientCollector()) {
                NDArray mean = crossEntropy.evaluate(new NDList(labels), new NDList(forward(images)));
                tape.backward(mean);
                loss = mean.getFloat();
            }
            parameters.forEach((name, value) -> {
                try (NDArray gradient = value.getGradient()) {
                    sgd.update(name, value, gradient);
                }
            });
        }
    }

    /** Mean cross-entropy of the last step's forward pass, NaN before the first. */
    public float loss() {
        return loss;
    }

    /** A parameter's values now, row-major in its logical shape. */
    float[] parameter(String name) {
        try (NDArray copy = parameters.get(name).duplicate()) {
            return copy.toFloatArray();
        }
    }

    /** Tensors held between steps: parameters, momentum, running statistics, the batch. */
    int heldTensors() {
        return manager.getManagedArrays().size();
    }

    /** Frees every native tensor. */
    @Override
    public void close() {
        manager.close();
    }

    /**
     * (N,3,32,32) to (N,10). Here and below each activation is closed after its last reader, as Python's references do:
     * autograd keeps what backward needs, and backward frees it.
     */
    private NDArray forward(NDArray x) {
        NDArray y = relu(convNorm(x, "conv1", "bn1", ONE));
        int[] widths = TrainStepWorkload.widths();
        for (int stage = 0; stage < widths.length; stage++) {
            for (int block = 0; block < work.blocksPerStage(); block++) {
                int grow = stage > 0 && block == 0 ? widths[stage] - widths[stage - 1] : 0;
                y = block(y, "layer" + (stage + 1) + "." + block + ".", grow);
            }
        }
        try (NDArray last = y;
                NDArray features = Pool.globalAvgPool2d(last)) {
            return Linear.linear(features, parameters.get("linear.weight"), parameters.get("linear.bias"))
                    .singletonOrThrow();
        }
    }

    /**
     * Two convolutions and the shortcut; with {@code grow} that halves the image and gains this many channels of zeros, else
     * it is {@code x} itself, which may safely be closed twice.
     */
    private NDArray block(NDArray x, String at, int grow) {
        try (NDArray input = x;
                NDArray inner = relu(convNorm(input, at + "conv1", at + "bn1", grow > 0 ? TWO : ONE));
                NDArray outer = convNorm(inner, at + "conv2", at + "bn2", ONE);
                NDArray shortcut = shortcut(input, grow)) {
            return relu(shortcut.add(outer));
        }
    }

    private static NDArray shortcut(NDArray x, int grow) {
        if (grow == 0) {
            return x;
        }
        try (NDArray half = x.get(EVERY_OTHER_PIXEL)) {
            // libtorch's order of padding: the last axis first
            return half.pad(new Shape(0, 0, 0, 0, grow / 2, grow - grow / 2), 0);
        }
    }

    private NDArray convNorm(NDArray x, String conv, String norm, Shape stride) {
        try (NDArray y = Conv2d.conv2d(x, parameters.get(conv + ".weight"), null, stride, ONE)
                .singletonOrThrow()) {
            // DJL's momentum is the share of the old value that remains: 1 - PyTorch's
            return BatchNorm.batchNorm(
                            y,
                            statistics.get(norm + ".running_mean"),
                            statistics.get(norm + ".running_var"),
                            parameters.get(norm + ".weight"),
                            parameters.get(norm + ".bias"),
                            1,
                            0.9f,
                            1e-5f,
                            true)
                    .singletonOrThrow();
        }
    }

    private static NDArray relu(NDArray x) {
        try (NDArray input = x) {
            return Activation.relu(input);
        }
    }

    private NDArray parameter(float[] values, int[] shape) {
        NDArray parameter =
                tensor(values, new Shape(Arrays.stream(shape).asLongStream().toArray()));
        parameter.setRequiresGradient(true);
        return parameter;
    }

    /** A tensor in libtorch's own, aligned memory: a tensor made from an array is in the JVM's memory. */
    private NDArray tensor(float[] values, Shape shape) {
        try (NDArray lent = manager.create(values, shape)) {
            if (format == MemoryFormat.CONTIGUOUS || shape.dimension() != 4) {
                return lent.duplicate();
            }
            try (NDArray permuted = lent.transpose(0, 2, 3, 1);
                    NDArray nhwc = manager.create(permuted.toFloatArray(), permuted.getShape());
                    NDArray view = nhwc.transpose(0, 3, 1, 2)) {
                return view.duplicate();
            }
        }
    }

    private static void check(Map<String, int[]> shapes, Map<String, float[]> weights) {
        if (!shapes.keySet().equals(weights.keySet())) {
            throw new IllegalArgumentException(
                    "TorchStep: expected exactly the parameters " + shapes.keySet() + ", got " + weights.keySet());
        }
        shapes.forEach((name, shape) -> {
            int size = Arrays.stream(shape).reduce(1, Math::multiplyExact);
            if (weights.get(name).length != size) {
                throw new IllegalArgumentException("TorchStep: expected " + size + " values for " + name + " "
                        + Arrays.toString(shape) + ", got " + weights.get(name).length);
            }
        });
    }
}
