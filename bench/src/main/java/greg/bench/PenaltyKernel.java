package greg.bench;

import greg.kernels.Backend;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.spec.SgdSpec;
import java.util.List;

/** The kernels over all parameters, and the bytes that each must move at least: every array once. */
public enum PenaltyKernel {
    /** Penalty, weight decay, momentum, step and group norms: weight and momentum read and written, gradient read. */
    UPDATE("update", "update_sgd", 20, "20 per element with momentum"),
    /** The same with a mask on every weight. */
    MASKED("update, masks", "update_sgd", 24, "4 more with a mask"),
    /** Without momentum: weight read and written, gradient read. */
    PLAIN("update, no momentum", "update_sgd", 12, "12 without"),
    /** The penalty's gradient alone: weight read, gradient read and written. */
    GRADIENT("penalty gradient", "penalty", 12, "penalty_gradient 12 per element"),
    /** The group norms alone: weight read. */
    L1("group norms", "penalty", 4, "penalty_l1 4");

    private static final SgdSpec MOMENTUM = new SgdSpec(0.9f, 5e-4f, false, false);
    private static final SgdSpec NO_MOMENTUM = new SgdSpec(0, 5e-4f, false, false);

    private final String text;
    private final String source;
    private final int bytes;
    private final String claim;

    PenaltyKernel(String text, String source, int bytes, String claim) {
        this.text = text;
        this.source = source;
        this.bytes = bytes;
        this.claim = claim;
    }

    /** The name in reports. */
    public String text() {
        return text;
    }

    /** The PTX file that has the kernel on a GPU. */
    public String source() {
        return source;
    }

    /** Where that file says how many bytes an element costs, word for word. */
    public String claim() {
        return claim;
    }

    /** Whether it needs a momentum. */
    public boolean hasMomentum() {
        return this == UPDATE || this == MASKED;
    }

    /** Whether it processes every parameter, or only those with a penalty. */
    public boolean all() {
        return this != GRADIENT && this != L1;
    }

    /** Bytes per element. */
    public int bytesPerElement() {
        return bytes;
    }

    /** Bytes that one run must move; data per group rather than per element is not counted. */
    public long bytes(ParameterSet set) {
        return bytes * (all() ? set.elements() : set.penalisedElements());
    }

    /** Issues the kernel. */
    public void run(Backend backend, Storage lr, List<UpdateSlot> slots) {
        switch (this) {
            case UPDATE, MASKED -> backend.update().sgd(MOMENTUM, lr, slots);
            case PLAIN -> backend.update().sgd(NO_MOMENTUM, lr, slots);
            case GRADIENT -> backend.penalty().addGradient(slots);
            case L1 -> backend.penalty().groupL1(slots);
        }
    }
}
