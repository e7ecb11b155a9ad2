package greg.kernels.cuda;

import greg.kernels.KernelException;
import greg.kernels.Storage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What is known of a step while it is being captured: what it uses and writes, and what replays must count. */
final class Capture {
    private final CudaStorage counters;
    /** The storages of all launches, each as it was before. */
    private final Map<Storage, Replayed.State> used = new IdentityHashMap<>();

    private final Set<Storage> written = Collections.newSetFromMap(new IdentityHashMap<>());
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
        used.computeIfAbsent(storage, first -> Replayed.State.of((CudaStorage) first));
    }

    /** Told of every write, after the launch that makes it. */
    void wrote(Storage storage) {
        if (!used.containsKey(storage)) {
            throw new KernelException("cuda: a captured step wrote a storage of " + storage.length() + " "
                    + storage.type() + " that none of its launches uses: every address that a kernel gets must be"
                    + " reported, or the graph will not keep its memory");
        }
        written.add(storage);
    }

    /**
     * The storages that outlive the recording. Nothing has run yet, so all are declared again to be what they were before the
     * step.
     */
    List<Replayed> end() {
        List<Replayed> all = new ArrayList<>();
        used.forEach((storage, before) -> {
            if (!storage.live()) return;
            CudaStorage cuda = (CudaStorage) storage;
            all.add(new Replayed(cuda, before, Replayed.State.of(cuda), written.contains(storage)));
            before.declare(cuda);
        });
        return all;
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
