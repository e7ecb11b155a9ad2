package greg.kernels.cuda;

import greg.kernels.KernelException;
import greg.kernels.Storage;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/** What is known of a step while it is being captured: what it uses, and what replays must count. */
final class Capture {
    private final CudaStorage counters;
    private final Map<CudaStorage, CudaStorage.Form> used = new IdentityHashMap<>();
    private final Set<Storage> rates = Collections.newSetFromMap(new IdentityHashMap<>());
    private boolean numbered;
    private long samples;

    /** {@code counters}: those of {@code step.ptx}. */
    Capture(CudaStorage counters) {
        this.counters = counters;
    }

    /** The number of replays and of the samples fed to them so far, for the kernels that depend on these. */
    CudaStorage counters() {
        return counters;
    }

    void uses(Storage storage) {
        CudaStorage cuda = CudaStorage.of(storage);
        used.putIfAbsent(cuda, cuda.form());
    }

    /** The storages of all launches so far, each as it was before the first of them; some may have been released since. */
    Map<CudaStorage, CudaStorage.Form> used() {
        return used;
    }

    /** An optimizer, known by its learning rate, takes the step whose number is that of the capture plus the replays. */
    void countsSteps(Storage rate) {
        countsSteps();
        if (!rates.add(rate)) {
            throw new KernelException(
                    "cuda: expected one step of an optimizer in a captured step, whose replays number it,"
                            + " got two; capture them one by one");
        }
    }

    /** A kernel depends on the number of the step, which is that of the capture plus the replays. */
    void countsSteps() {
        numbered = true;
    }

    /** Every replay feeds this many random samples. */
    void feeds(long number) {
        samples += number;
    }

    long samples() {
        return samples;
    }

    /** Whether anything depends on the counters. */
    boolean counts() {
        return samples > 0 || numbered;
    }
}
