package greg.kernels.cpu;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/** The plans of one family of kernels, by specification and layouts. */
final class Plans<P> {
    private final OneDnn dnn;
    private final Map<Object, P> plans = new HashMap<>();

    Plans(OneDnn dnn) {
        this.dnn = dnn;
    }

    /** The plan under {@code key}; the maker runs once, inside a PointerScope and with the right team of threads. */
    P get(Object key, Supplier<P> maker) {
        P plan = plans.get(key);
        if (plan == null) {
            dnn.enter();
            plan = OneDnn.scoped(maker);
            plans.put(key, plan);
        }
        return plan;
    }

    /** All plans made so far. */
    Iterable<P> all() {
        return plans.values();
    }
}
