package greg.kernels.cpu;

import greg.kernels.UpdateSlot;
import greg.kernels.spec.GroupIndex;
import greg.kernels.spec.SgdSpec;
import java.util.Arrays;

/**
 * Updates one parameter at a time, chunk by chunk through heap scratch that stays in the second-level cache: the
 * just-in-time compiler vectorises loops over heap arrays and no others. Roundings are those that {@link
 * greg.kernels.UpdateKernels} prescribes; Java never fuses a product and a sum on its own.
 */
final class UpdateWorker {
    private static final int CHUNK = 4096;

    private final float[] w = new float[CHUNK];
    private final float[] g = new float[CHUNK];
    private final float[] m = new float[CHUNK];
    private final float[] v = new float[CHUNK];
    private final float[] factor = new float[CHUNK];
    private float[] lambda = new float[0];
    private double[] sums = new double[0];

    /** Constants of an Adam step, rounded to float32 where the seam says so. */
    record Adam(
            float beta1,
            float rest1,
            float beta2,
            float rest2,
            float rate,
            float correction,
            float eps,
            float weightDecay) {}

    /** One slot's SGD step with learning rate {@code rate}. */
    void sgd(SgdSpec spec, float rate, UpdateSlot slot) {
        CpuStorage weight = CpuStorage.dense(slot.weight());
        CpuStorage momentum = slot.momentum() == null ? null : CpuStorage.dense(slot.momentum());
        begin(slot);
        for (long at = 0; at < weight.length(); at += CHUNK) {
            int n = load(slot, weight, at, spec.blockLossGradient());
            decay(spec.weightDecay(), n);
            if (momentum == null) {
                step(-rate, g, n);
            } else {
                momentum.block.read(at, m, 0, n);
                accumulate(spec.momentum(), n);
                if (spec.nesterov()) {
                    lookAhead(spec.momentum(), n);
                    step(-rate, g, n);
                } else {
                    step(-rate, m, n);
                }
                momentum.block.write(at, m, 0, n);
            }
            store(slot, weight, at, n);
        }
        end(slot);
    }

    /** One slot's Adam step. */
    void adam(Adam a, UpdateSlot slot) {
        CpuStorage weight = CpuStorage.dense(slot.weight());
        CpuStorage first = CpuStorage.dense(slot.momentum());
        CpuStorage second = CpuStorage.dense(slot.variance());
        begin(slot);
        for (long at = 0; at < weight.length(); at += CHUNK) {
            int n = load(slot, weight, at, false);
            decay(a.weightDecay, n);
            first.block.read(at, m, 0, n);
            second.block.read(at, v, 0, n);
            moments(a, n);
            adamStep(a, n);
            first.block.write(at, m, 0, n);
            second.block.write(at, v, 0, n);
            store(slot, weight, at, n);
        }
        end(slot);
    }

    /** gradient += lambda[group] w. */
    void penalty(UpdateSlot slot) {
        CpuStorage weight = CpuStorage.dense(slot.weight());
        begin(slot);
        for (long at = 0; at < weight.length(); at += CHUNK) {
            int n = load(slot, weight, at, false);
            CpuStorage.dense(slot.gradient()).block.write(at, g, 0, n);
        }
    }

    /** l1[group] = sum |w|. */
    void groupL1(UpdateSlot slot) {
        CpuStorage weight = CpuStorage.dense(slot.weight());
        begin(slot);
        for (long at = 0; at < weight.length(); at += CHUNK) {
            int n = (int) Math.min(CHUNK, weight.length() - at);
            weight.block.read(at, w, 0, n);
            addL1(slot.groups(), at, n);
        }
        end(slot);
    }

    private void begin(UpdateSlot slot) {
        if (slot.groups() == null) return;
        int count = slot.groups().count();
        if (lambda.length < count) {
            lambda = new float[count];
            sums = new double[count];
        }
        if (slot.lambda() != null) CpuStorage.dense(slot.lambda()).block.read(slot.firstGroup(), lambda, 0, count);
        if (slot.l1() != null) Arrays.fill(sums, 0, count, 0);
    }

    /** Weights and penalised gradient of a chunk into scratch; returns its size. */
    private int load(UpdateSlot slot, CpuStorage weight, long at, boolean blockLoss) {
        int n = (int) Math.min(CHUNK, weight.length() - at);
        weight.block.read(at, w, 0, n);
        if (slot.lambda() == null || !blockLoss)
            CpuStorage.dense(slot.gradient()).block.read(at, g, 0, n);
        if (slot.lambda() == null) return n;
        spread(slot.groups(), at, n);
        if (blockLoss) {
            for (int i = 0; i < n; i++) g[i] = factor[i] * w[i];
        } else {
            for (int i = 0; i < n; i++) g[i] = g[i] + factor[i] * w[i];
        }
        return n;
    }

    /** factor[i] = lambda of element at + i. */
    private void spread(GroupIndex groups, long at, int n) {
        int inner = groups.inner();
        int group = groups.of(at);
        int i = 0;
        int next = inner - (int) (at % inner);
        while (i < n) {
            int end = Math.min(n, next);
            if (inner == 1) factor[i] = lambda[group];
            else Arrays.fill(factor, i, end, lambda[group]);
            i = end;
            next = end + inner;
            if (++group == groups.count()) group = 0;
        }
    }

    private void decay(float weightDecay, int n) {
        for (int i = 0; i < n; i++) g[i] = Math.fma(weightDecay, w[i], g[i]);
    }

    private void accumulate(float momentum, int n) {
        for (int i = 0; i < n; i++) m[i] = momentum * m[i] + g[i];
    }

    private void lookAhead(float momentum, int n) {
        for (int i = 0; i < n; i++) g[i] = Math.fma(momentum, m[i], g[i]);
    }

    private void step(float minusRate, float[] direction, int n) {
        for (int i = 0; i < n; i++) w[i] = Math.fma(minusRate, direction[i], w[i]);
    }

    private void moments(Adam a, int n) {
        float beta1 = a.beta1;
        float rest1 = a.rest1;
        float beta2 = a.beta2;
        float rest2 = a.rest2;
        for (int i = 0; i < n; i++) m[i] = Math.fma(rest1, g[i], beta1 * m[i]);
        for (int i = 0; i < n; i++) v[i] = Math.fma(rest2 * g[i], g[i], beta2 * v[i]);
    }

    private void adamStep(Adam a, int n) {
        float correction = a.correction;
        float eps = a.eps;
        float rate = a.rate;
        for (int i = 0; i < n; i++) {
            float denominator = (float) Math.sqrt(v[i]) / correction + eps;
            w[i] = w[i] + rate * m[i] / denominator;
        }
    }

    private void store(UpdateSlot slot, CpuStorage weight, long at, int n) {
        if (slot.mask() != null) {
            CpuStorage.dense(slot.mask()).block.read(at, factor, 0, n);
            for (int i = 0; i < n; i++) w[i] = w[i] * factor[i];
        }
        weight.block.write(at, w, 0, n);
        if (slot.l1() != null) addL1(slot.groups(), at, n);
    }

    private void addL1(GroupIndex groups, long at, int n) {
        int inner = groups.inner();
        int group = groups.of(at);
        int i = 0;
        int next = inner - (int) (at % inner);
        while (i < n) {
            int end = Math.min(n, next);
            sums[group] += inner == 1 ? Math.abs(w[i]) : Sums.absolute(w, i, end);
            i = end;
            next = end + inner;
            if (++group == groups.count()) group = 0;
        }
    }

    private void end(UpdateSlot slot) {
        if (slot.l1() == null) return;
        int count = slot.groups().count();
        for (int i = 0; i < count; i++) lambda[i] = (float) sums[i];
        CpuStorage.of(slot.l1()).block.write(slot.firstGroup(), lambda, 0, count);
    }
}
