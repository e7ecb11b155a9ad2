package greg.tensor.op;

import greg.kernels.DType;
import greg.tensor.Shape;
import greg.tensor.Tensor;

/** Shape checks shared by the ops; the kernels below trust them. */
final class OpChecks {
    private OpChecks() {}

    static Shape rank(String op, String what, Tensor t, int rank) {
        if (t.shape().rank() != rank) {
            throw new IllegalArgumentException(
                    op + ": expected " + what + " of rank " + rank + ", got shape " + t.shape());
        }
        return t.shape();
    }

    static void length(String op, String what, Tensor t, long length) {
        if (t.shape().size() != length) {
            throw new IllegalArgumentException(
                    op + ": expected " + what + " of " + length + " elements, got shape " + t.shape());
        }
    }

    static void type(String op, String what, Tensor t, DType type) {
        if (t.storage().type() != type) {
            throw new IllegalArgumentException(op + ": expected " + what + " of type " + type + ", got "
                    + t.storage().type());
        }
    }

    static void same(String op, String what, Tensor a, Tensor b) {
        if (!a.shape().equals(b.shape())) {
            throw new IllegalArgumentException(
                    op + ": expected " + what + " of shape " + a.shape() + ", got " + b.shape());
        }
    }
}
