package greg.nn.optim;

import greg.kernels.Backend;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.spec.GroupIndex;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.StateDict;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Updates all parameters of a network in one call, with weight decay, the growing penalty and masks in the same pass. Holds
 * references to the tensors that the parameters have when it is created, and gives their gradients storages of their own, which
 * the last optimizer that was created keeps: create a new one after surgery.
 */
public abstract class Optimizer implements AutoCloseable {
    private static final List<String> MOMENTS = List.of("momentum.", "variance.");
    private static final String LAMBDA = "lambda.";
    private static final String L1 = "l1.";

    private final Backend backend;
    private final List<Entry> entries = new ArrayList<>();
    private final Tensor lr;
    private Penalties penalties; // or null
    private long steps;

    /** What the optimizer keeps for one parameter. */
    private static final class Entry {
        final String name;
        final Parameter parameter;
        final Tensor weight;
        final Storage gradientSlot;
        final Tensor[] moments;
        Penalty penalty; // or null

        Entry(String name, Parameter parameter, Storage gradientSlot, Tensor[] moments) {
            this.name = name;
            this.parameter = parameter;
            this.weight = parameter.tensor();
            this.gradientSlot = gradientSlot;
            this.moments = moments;
            weight.gradientSlot(gradientSlot);
        }
    }

    /** {@code moments} moving averages per parameter, all zero. */
    protected Optimizer(NnModule network, int moments) {
        backend = network.backend();
        lr = Tensor.full(backend, Shape.of(1), 0);
        Map<String, Parameter> parameters = network.parameters();
        List<Storage> weights =
                parameters.values().stream().map(p -> p.tensor().storage()).toList();
        Iterator<Storage> gradients = backend.memory().neighbours(weights).iterator();
        parameters.forEach((name, p) -> {
            Tensor[] state = new Tensor[moments];
            for (int i = 0; i < moments; i++) state[i] = Tensor.zerosLike(p.tensor());
            entries.add(new Entry(name, p, gradients.next(), state));
        });
    }

    /** Sets the learning rate, which lives in device memory. */
    public final void learningRate(float rate) {
        lr.set(rate);
    }

    /**
     * Puts penalties on the parameters of these names, in place of earlier ones; the optimizer closes them.
     *
     * @throws IllegalArgumentException if there is no parameter of one of the names
     */
    public final Penalties penalize(Map<String, GroupIndex> groups) {
        for (String parameter : groups.keySet()) {
            if (entries.stream().noneMatch(e -> e.name.equals(parameter)))
                throw new IllegalArgumentException("optimizer: no parameter is named '" + parameter + "'");
        }
        Penalties fresh = new Penalties(backend, groups);
        if (penalties != null) penalties.close();
        penalties = fresh;
        for (Entry e : entries) e.penalty = fresh.of(e.name);
        return fresh;
    }

    /** One step with the gradients of the last {@link greg.tensor.Backprop#run}; parameters without one stay as they are. */
    public final void step() {
        List<UpdateSlot> table = new ArrayList<>(entries.size());
        for (Entry e : entries) {
            Storage gradient = e.weight.gradient();
            if (gradient != null) table.add(slot(e, gradient));
        }
        if (table.isEmpty()) throw new IllegalStateException("optimizer: no gradients; run Backprop before step()");
        steps++;
        update(backend, lr.storage(), table);
    }

    private UpdateSlot slot(Entry e, Storage gradient) {
        Storage first = e.moments.length > 0 ? e.moments[0].storage() : null;
        Storage second = e.moments.length > 1 ? e.moments[1].storage() : null;
        Penalty p = e.penalty;
        Tensor mask = e.parameter.mask();
        return new UpdateSlot(
                e.weight.storage(),
                e.weight.shape().dims(),
                gradient,
                first,
                second,
                p == null ? null : penalties.lambdaTensor().storage(),
                mask == null ? null : mask.storage(),
                p == null ? null : penalties.l1Tensor().storage(),
                p == null ? null : p.groups(),
                p == null ? 0 : p.first());
    }

    /**
     * Computes the L1 norms of all penalised groups now, as a step does in its pass: for decisions before the first step.
     */
    public final void measureGroups() {
        List<UpdateSlot> table = new ArrayList<>();
        for (Entry e : entries) {
            if (e.penalty != null) table.add(slot(e, null));
        }
        backend.penalty().groupL1(table);
    }

    /**
     * All that a step works on, other than gradients: two lists of equal elements mean the same kernel with the same arguments, as
     * a step that was recorded needs it. It changes with a penalty or a mask.
     */
    public final List<Object> structure() {
        List<Object> parts = new ArrayList<>(2 * entries.size() + 1);
        for (Entry e : entries) {
            parts.add(e.weight);
            parts.add(e.parameter.mask());
        }
        parts.add(penalties);
        return parts;
    }

    /** Issues the kernel. */
    protected abstract void update(Backend on, Storage rate, List<UpdateSlot> table);

    /** Steps taken so far, the one under way included; part of the state of a checkpoint, because Adam depends on it. */
    public final long stepCount() {
        return steps;
    }

    /** Resumes the count from a checkpoint. */
    public final void stepCount(long taken) {
        steps = taken;
    }

    /**
     * Copies to the host what changes from step to step: moving averages ({@code momentum.conv1.weight}, {@code
     * variance...}) and of penalised parameters {@code lambda...} and {@code l1...}.
     */
    public final StateDict save() {
        Map<String, float[]> lambda = penalties == null ? Map.of() : penalties.lambda();
        Map<String, float[]> l1 = penalties == null ? Map.of() : penalties.l1();
        StateDict state = new StateDict();
        for (Entry e : entries) {
            for (int i = 0; i < e.moments.length; i++) {
                state.put(MOMENTS.get(i) + e.name, e.moments[i].shape(), e.moments[i].toHost());
            }
            if (e.penalty == null) continue;
            state.put(LAMBDA + e.name, Shape.of(e.penalty.groups().count()), lambda.get(e.name));
            state.put(L1 + e.name, Shape.of(e.penalty.groups().count()), l1.get(e.name));
        }
        return state;
    }

    /**
     * Resumes from {@link #save()}; the same parameters must be penalised.
     *
     * @throws IllegalArgumentException if names or shapes differ; nothing is changed in that case
     */
    public final void load(StateDict saved) {
        Map<String, Shape> expected = shapes();
        if (!expected.keySet().equals(saved.names())) {
            throw new IllegalArgumentException("optimizer state: expected " + expected.size() + " tensors from "
                    + expected.keySet().stream().findFirst().orElse("none") + " on, got "
                    + saved.names().size() + " from "
                    + saved.names().stream().findFirst().orElse("none") + " on; the checkpoint is from another network"
                    + " or has other penalties");
        }
        expected.forEach((name, shape) -> {
            if (!saved.get(name).shape().equals(shape)) {
                throw new IllegalArgumentException("optimizer state: expected " + name + " of shape " + shape + ", got "
                        + saved.get(name).shape() + "; the checkpoint is from another network");
            }
        });
        Map<String, float[]> lambda = new LinkedHashMap<>();
        Map<String, float[]> l1 = new LinkedHashMap<>();
        for (Entry e : entries) {
            for (int i = 0; i < e.moments.length; i++) {
                e.moments[i].set(saved.get(MOMENTS.get(i) + e.name).values());
            }
            if (e.penalty == null) continue;
            lambda.put(e.name, saved.get(LAMBDA + e.name).values());
            l1.put(e.name, saved.get(L1 + e.name).values());
        }
        if (penalties == null) return;
        penalties.lambda(lambda);
        penalties.l1(l1);
    }

    private Map<String, Shape> shapes() {
        Map<String, Shape> all = new LinkedHashMap<>();
        for (Entry e : entries) {
            for (int i = 0; i < e.moments.length; i++) all.put(MOMENTS.get(i) + e.name, e.moments[i].shape());
            if (e.penalty == null) continue;
            all.put(LAMBDA + e.name, Shape.of(e.penalty.groups().count()));
            all.put(L1 + e.name, Shape.of(e.penalty.groups().count()));
        }
        return all;
    }

    @Override
    public void close() {
        lr.close();
        for (Entry e : entries) {
            for (Tensor m : e.moments) m.close();
            if (e.weight.gradientSlot() == e.gradientSlot) e.weight.gradientSlot(null);
            e.gradientSlot.release();
        }
        if (penalties != null) penalties.close();
    }
}
