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
    private final Backend backend;
    private final List<Entry> entries = new ArrayList<>();
    private final Tensor lr;
    private long steps;

    /** What the optimizer keeps for one parameter. */
    private static final class Entry {
        final String name;
        final Parameter parameter;
        final Tensor weight;
        final Storage gradientSlot;
        final Tensor[] moments;
        Penalty penalty;

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

    /** Puts a penalty on the parameter of this name; the optimizer closes it. */
    public final Penalty penalize(String parameter, GroupIndex groups) {
        Entry entry = entry(parameter);
        if (entry.penalty != null) entry.penalty.close();
        entry.penalty = new Penalty(backend, groups);
        return entry.penalty;
    }

    private Entry entry(String parameter) {
        return entries.stream()
                .filter(e -> e.name.equals(parameter))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("optimizer: no parameter is named '" + parameter + "'"));
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

    private static UpdateSlot slot(Entry e, Storage gradient) {
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
                p == null ? null : p.lambda().storage(),
                mask == null ? null : mask.storage(),
                p == null ? null : p.l1().storage(),
                p == null ? null : p.groups());
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
        List<Object> parts = new ArrayList<>(3 * entries.size());
        for (Entry e : entries) {
            parts.add(e.weight);
            parts.add(e.parameter.mask());
            parts.add(e.penalty);
        }
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
        StateDict state = new StateDict();
        tensors().forEach((name, tensor) -> state.put(name, tensor.shape(), tensor.toHost()));
        return state;
    }

    /**
     * Resumes from {@link #save()}; the same parameters must be penalised.
     *
     * @throws IllegalArgumentException if names or shapes differ; nothing is changed in that case
     */
    public final void load(StateDict saved) {
        Map<String, Tensor> targets = tensors();
        if (!targets.keySet().equals(saved.names())) {
            throw new IllegalArgumentException("optimizer state: expected " + targets.size() + " tensors from "
                    + targets.keySet().stream().findFirst().orElse("none") + " on, got "
                    + saved.names().size() + " from "
                    + saved.names().stream().findFirst().orElse("none") + " on; the checkpoint is from another network"
                    + " or has other penalties");
        }
        targets.forEach((name, tensor) -> {
            if (!saved.get(name).shape().equals(tensor.shape())) {
                throw new IllegalArgumentException("optimizer state: expected " + name + " of shape " + tensor.shape()
                        + ", got " + saved.get(name).shape() + "; the checkpoint is from another network");
            }
        });
        targets.forEach((name, tensor) -> tensor.set(saved.get(name).values()));
    }

    private Map<String, Tensor> tensors() {
        Map<String, Tensor> all = new LinkedHashMap<>();
        for (Entry e : entries) {
            for (int i = 0; i < e.moments.length; i++) {
                all.put((i == 0 ? "momentum." : "variance.") + e.name, e.moments[i]);
            }
            if (e.penalty != null) {
                all.put("lambda." + e.name, e.penalty.lambda());
                all.put("l1." + e.name, e.penalty.l1());
            }
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
            if (e.penalty != null) e.penalty.close();
        }
    }
}
