package greg.tensor;

/** Switches the tape off on this thread until closed: {@code try (NoGrad n = NoGrad.begin()) {...}}. May be nested. */
public final class NoGrad implements AutoCloseable {
    private static final ThreadLocal<Integer> DEPTH = ThreadLocal.withInitial(() -> 0);

    private boolean closed;

    private NoGrad() {}

    /** Switches it off. */
    public static NoGrad begin() {
        DEPTH.set(DEPTH.get() + 1);
        return new NoGrad();
    }

    static boolean gradEnabled() {
        return DEPTH.get() == 0;
    }

    /** Switches the tape on again; a second call does nothing. */
    @Override
    public void close() {
        if (closed) return;
        closed = true;
        DEPTH.set(DEPTH.get() - 1);
    }
}
