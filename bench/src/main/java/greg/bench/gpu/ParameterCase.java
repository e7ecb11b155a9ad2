package greg.bench.gpu;

import greg.bench.ParameterCopy;
import greg.bench.ParameterSet;
import greg.bench.PenaltyKernel;
import greg.kernels.Backend;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import java.util.ArrayList;
import java.util.List;

/** A kernel over several copies of a network's parameters. */
final class ParameterCase implements Work.Case {
    /** Of sums of up to some thousand floats: the reference adds in double. */
    private static final double SUMS = 2e-6;

    private final Backend backend;
    private final PenaltyKernel kernel;
    private final List<ParameterCopy> copies = new ArrayList<>();

    ParameterCase(Backend backend, ParameterSet set, PenaltyKernel kernel, int first, int count) {
        this.backend = backend;
        this.kernel = kernel;
        for (int c = first; c < first + count; c++) copies.add(new ParameterCopy(backend, set, kernel, c));
    }

    @Override
    public void reset() {
        copies.forEach(ParameterCopy::reset);
    }

    @Override
    public void run(int copy) {
        ParameterCopy data = copies.get(copy);
        kernel.run(backend, data.lr(), data.slots());
    }

    @Override
    public List<Work.Result> results(int copy) {
        List<Work.Result> results = new ArrayList<>();
        List<UpdateSlot> slots = copies.get(copy).slots();
        for (int s = 0; s < slots.size(); s++) {
            UpdateSlot slot = slots.get(s);
            if (kernel.all()) add(results, s + ".weight", slot.weight(), 0);
            if (kernel.hasMomentum()) add(results, s + ".momentum", slot.momentum(), 0);
            if (kernel == PenaltyKernel.GRADIENT && slot.lambda() != null) {
                add(results, s + ".gradient", slot.gradient(), 0);
            }
            if (kernel != PenaltyKernel.GRADIENT && slot.l1() != null) add(results, s + ".l1", slot.l1(), SUMS);
        }
        return results;
    }

    private void add(List<Work.Result> results, String what, Storage storage, double tolerance) {
        results.add(new Work.Result(what, ArrayCase.download(backend, storage), tolerance));
    }

    @Override
    public void close() {
        copies.forEach(ParameterCopy::close);
    }
}
