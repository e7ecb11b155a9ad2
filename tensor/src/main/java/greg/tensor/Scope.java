package greg.tensor;

import greg.kernels.Storage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Owns the temporaries of a step: everything that ops produce while it is the innermost open scope of this thread goes
 * back to the backend's pool when it closes.
 *
 * <pre>{@code
 * try (Scope step = Scope.open()) {
 *     Tensor loss = ...;
 *     Backprop.run(loss);
 *     optimizer.step();
 * }
 * }</pre>
 */
public final class Scope implements AutoCloseable {
    private static final ThreadLocal<Deque<Scope>> OPEN = ThreadLocal.withInitial(ArrayDeque::new);

    private final List<Storage> owned = new ArrayList<>();
    private boolean open = true;

    private Scope() {}

    /** Opens a scope and makes it the current one. */
    public static Scope open() {
        Scope scope = new Scope();
        OPEN.get().push(scope);
        return scope;
    }

    /** The innermost open scope. */
    public static Scope current() {
        Scope scope = OPEN.get().peek();
        if (scope == null) {
            throw new IllegalStateException(
                    "no scope is open: wrap the computation in try (Scope s = Scope.open()) {...}");
        }
        return scope;
    }

    /** Until it is closed. */
    boolean isOpen() {
        return open;
    }

    /** Hands a storage's reference to this scope. */
    public Storage own(Storage storage) {
        owned.add(storage);
        return storage;
    }

    /** Hands a tensor to this scope, which closes it. */
    public Tensor own(Tensor tensor) {
        owned.add(tensor.storage());
        return tensor;
    }

    /** A tensor over the same memory that outlives this scope; the caller closes it. */
    public static Tensor keep(Tensor tensor) {
        return Tensor.wrap(tensor.backend(), tensor.shape(), tensor.storage().retain());
    }

    /** Releases what it owns, last in first out. */
    @Override
    public void close() {
        Deque<Scope> open = OPEN.get();
        if (open.peek() != this) throw new IllegalStateException("scopes must close in the reverse order of opening");
        open.pop();
        this.open = false;
        for (int i = owned.size() - 1; i >= 0; i--) owned.get(i).release();
        owned.clear();
    }
}
