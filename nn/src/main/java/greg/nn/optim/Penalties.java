package greg.nn.optim;

import greg.kernels.Backend;
import greg.kernels.spec.GroupIndex;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The growing penalties on the weights of a network: a coefficient lambda for every group, which the optimizer adds to the
 * gradient as lambda_g w in its one pass over the weights, and the L1 norm of every group, which the same pass computes. Those of
 * all weights are one array in device memory each, so that to read all norms, or to change all coefficients, takes one transfer.
 */
public final class Penalties implements AutoCloseable {
    private final Map<String, Penalty> byParameter = new LinkedHashMap<>();
    private final Tensor lambda;
    private final Tensor l1;
    /** What {@link #lambda} holds: nobody else writes it. */
    private final float[] coefficients;

    /** All coefficients 0. The L1 norms are valid after the first step, or {@link Optimizer#measureGroups}. */
    Penalties(Backend backend, Map<String, GroupIndex> groups) {
        int count = 0;
        for (Map.Entry<String, GroupIndex> weight : groups.entrySet()) {
            byParameter.put(weight.getKey(), new Penalty(weight.getValue(), count));
            count = Math.addExact(count, weight.getValue().count());
        }
        if (count == 0) throw new IllegalArgumentException("penalties: expected at least one weight, got none");
        lambda = Tensor.full(backend, Shape.of(count), 0);
        l1 = Tensor.full(backend, Shape.of(count), 0);
        coefficients = new float[count];
    }

    /** The penalty on the parameter of this name, or null. */
    Penalty of(String parameter) {
        return byParameter.get(parameter);
    }

    /** lambda of all groups. */
    Tensor lambdaTensor() {
        return lambda;
    }

    /** sum |w| of all groups. */
    Tensor l1Tensor() {
        return l1;
    }

    /** lambda per group of every penalised weight, by the name of the parameter. */
    public Map<String, float[]> lambda() {
        return split(coefficients);
    }

    /**
     * Changes the coefficients of some weights, in one transfer.
     *
     * @param changed lambda per group, by the name of the parameter
     * @throws IllegalArgumentException if there is no penalty on one of them, or it has another number of groups; nothing is
     *     changed in that case
     */
    public void lambda(Map<String, float[]> changed) {
        if (changed.isEmpty()) return;
        merge(changed, coefficients);
        lambda.set(coefficients);
    }

    /** sum |w| per group after the last step, of every penalised weight by the name of the parameter, in one transfer. */
    public Map<String, float[]> l1() {
        return split(l1.toHost());
    }

    /** Resumes the L1 norms from a checkpoint. */
    void l1(Map<String, float[]> saved) {
        float[] all = l1.toHost();
        merge(saved, all);
        l1.set(all);
    }

    private Map<String, float[]> split(float[] all) {
        Map<String, float[]> parts = new LinkedHashMap<>();
        byParameter.forEach((name, p) -> parts.put(
                name, Arrays.copyOfRange(all, p.first(), p.first() + p.groups().count())));
        return parts;
    }

    private void merge(Map<String, float[]> parts, float[] all) {
        parts.forEach((name, values) -> {
            Penalty penalty = byParameter.get(name);
            int expected = penalty == null ? 0 : penalty.groups().count();
            if (values.length != expected) {
                throw new IllegalArgumentException("penalties: expected values of " + expected + " groups of " + name
                        + ", got " + values.length + (penalty == null ? "; there is no penalty on it" : ""));
            }
        });
        parts.forEach((name, values) ->
                System.arraycopy(values, 0, all, byParameter.get(name).first(), values.length));
    }

    @Override
    public void close() {
        lambda.close();
        l1.close();
    }
}
