package greg.bench.gpu;

import greg.kernels.Backend;
import greg.kernels.DType;
import greg.kernels.Storage;
import java.util.ArrayList;
import java.util.List;

/** A kernel over several copies of an activation. */
final class ArrayCase implements Work.Case {
    private static final float RANGE = 4;
    /** Exponentials and logarithms, against those in double. */
    private static final double EXPONENTIALS = 2e-5;

    private final Backend backend;
    private final ArrayKernel kernel;
    private final int n;
    private final int first;
    private final List<Copy> copies = new ArrayList<>();
    private final List<Storage> storages = new ArrayList<>();

    /** Inputs a and b (labels instead of b for the softmax), output y, and what else the softmax returns. */
    private record Copy(Storage a, Storage b, Storage y, Storage loss, Storage metrics) {}

    ArrayCase(Backend backend, ArrayKernel kernel, int n, int first, int count) {
        this.backend = backend;
        this.kernel = kernel;
        this.n = n;
        this.first = first;
        boolean softmax = kernel == ArrayKernel.SOFTMAX;
        for (int c = 0; c < count; c++) {
            copies.add(new Copy(
                    allocate(DType.FLOAT32, n),
                    switch (kernel) {
                        case RELU -> null;
                        case ADD -> allocate(DType.FLOAT32, n);
                        case SOFTMAX -> allocate(DType.INT32, n / ArrayKernel.CLASSES);
                    },
                    allocate(DType.FLOAT32, n),
                    softmax ? allocate(DType.FLOAT32, 1) : null,
                    softmax ? allocate(DType.FLOAT32, 3) : null));
        }
        reset();
    }

    private Storage allocate(DType type, long length) {
        Storage storage = backend.memory().allocate(type, length);
        storages.add(storage);
        return storage;
    }

    @Override
    public void reset() {
        for (int c = 0; c < copies.size(); c++) {
            Copy copy = copies.get(c);
            long seed = (long) (first + c) << 32;
            backend.random().uniform(copy.a, -RANGE, RANGE, seed);
            backend.transfer().fill(copy.y, Float.NaN);
            switch (kernel) {
                case RELU -> {}
                case ADD -> backend.random().uniform(copy.b, -RANGE, RANGE, seed + 1);
                case SOFTMAX -> {
                    int[] labels = new int[n / ArrayKernel.CLASSES];
                    for (int i = 0; i < labels.length; i++) labels[i] = (int) (37L * i % ArrayKernel.CLASSES);
                    backend.transfer().upload(labels, copy.b);
                    backend.transfer().fill(copy.loss, Float.NaN);
                    backend.transfer().fill(copy.metrics, 0);
                }
            }
        }
    }

    @Override
    public void run(int index) {
        Copy copy = copies.get(index);
        switch (kernel) {
            case RELU -> backend.elementwise().relu(new int[] {n}, copy.a, copy.y);
            case ADD -> backend.elementwise().add(new int[] {n}, copy.a, copy.b, copy.y);
            case SOFTMAX ->
                backend.softmaxLoss()
                        .forward(
                                n / ArrayKernel.CLASSES,
                                ArrayKernel.CLASSES,
                                copy.a,
                                copy.b,
                                copy.loss,
                                copy.y,
                                copy.metrics);
        }
    }

    @Override
    public List<Work.Result> results(int index) {
        Copy copy = copies.get(index);
        boolean softmax = kernel == ArrayKernel.SOFTMAX;
        List<Work.Result> results = new ArrayList<>();
        results.add(new Work.Result("y", download(backend, copy.y), softmax ? EXPONENTIALS : 0));
        if (softmax) results.add(new Work.Result("loss", download(backend, copy.loss), EXPONENTIALS));
        return results;
    }

    /** The content of a dense storage. */
    static float[] download(Backend backend, Storage storage) {
        float[] values = new float[Math.toIntExact(storage.length())];
        backend.transfer().download(storage, new int[] {values.length}, values);
        return values;
    }

    @Override
    public void close() {
        storages.forEach(Storage::release);
    }
}
