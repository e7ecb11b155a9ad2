package greg.kernels.harness;

import greg.kernels.Backend;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/**
 * One call of a kernel: what goes in, what comes out, and how closely. Built by its family's class:
 *
 * <pre>
 * new KernelCase("relu", (b, o) -> b.elementwise().relu(d, o.get("x"), o.get("y")))
 *         .input("x", Content.mixed(1, d), d)
 *         .output("y", Promise.BITS, d)
 *         .inPlace("y", "x");
 * </pre>
 */
final class KernelCase {
    /** The call, with operands by name. */
    interface Call {
        void on(Backend backend, Operands operands);
    }

    /** The operands of a call; null for a name that the case does not have. */
    interface Operands {
        Storage get(String name);
    }

    /** What a kernel does with an operand. */
    enum Role {
        /** Reads it, and leaves every bit of it alone. */
        INPUT,
        /** An input that another call makes, such as what a forward pass saves. */
        PREPARED,
        /** Overwrites all of it. */
        OUTPUT,
        /** Reads and writes it. */
        UPDATED
    }

    /** In which form it is held. */
    enum Form {
        /** Rank 4, in the layouts and the type in which kernels hand activations to each other. */
        ACTIVATION,
        /** float32 in the order of its dimensions. */
        DENSE,
        /** A parameter or what is like it: float32, of rank 4 with room for another order. */
        PARAMETER,
        /** INT32. */
        INTS,
        /** UINT8. */
        BYTES
    }

    /**
     * An operand.
     *
     * @param dims null where a backend says how long it is
     * @param content float[], int[], byte[]; null for an output
     * @param promise null where the content means something only to its backend
     */
    record Operand(String name, Role role, Form form, int[] dims, Object content, Promise promise) {
        boolean rank4() {
            return dims != null && dims.length == 4;
        }

        boolean written() {
            return role == Role.OUTPUT || role == Role.UPDATED;
        }
    }

    /** An output that may be the same storage as an input. */
    record InPlace(String output, String input) {}

    private final String name;
    private final Call call;
    private final List<Operand> operands = new ArrayList<>();
    private final List<InPlace> inPlace = new ArrayList<>();
    private final Map<String, ToLongFunction<Backend>> lengths = new HashMap<>();
    private final Map<String, String> like = new HashMap<>();
    private final Set<String> multiplied = new HashSet<>();
    private Call expected;
    private Call preparation;
    private String notCaptured;

    KernelCase(String name, Call call) {
        this.name = name;
        this.call = call;
        expected = call;
    }

    /** An input: an activation if it has rank 4, else dense. */
    KernelCase input(String operand, float[] content, int... dims) {
        Form form = dims.length == 4 ? Form.ACTIVATION : Form.DENSE;
        return add(new Operand(operand, Role.INPUT, form, dims, content, Promise.BITS));
    }

    /** An input that is dense in any rank. */
    KernelCase dense(String operand, float[] content, int... dims) {
        return add(new Operand(operand, Role.INPUT, Form.DENSE, dims, content, Promise.BITS));
    }

    /** An input that is a parameter, or has one's form. */
    KernelCase parameter(String operand, float[] content, int... dims) {
        return add(new Operand(operand, Role.INPUT, Form.PARAMETER, dims, content, Promise.BITS));
    }

    /** An INT32 input. */
    KernelCase ints(String operand, int... content) {
        return add(
                new Operand(operand, Role.INPUT, Form.INTS, new int[] {content.length}, content.clone(), Promise.BITS));
    }

    /** A UINT8 input. */
    KernelCase bytes(String operand, byte[] content) {
        return add(new Operand(
                operand, Role.INPUT, Form.BYTES, new int[] {content.length}, content.clone(), Promise.BITS));
    }

    /** An output: an activation if it has rank 4, else dense. */
    KernelCase output(String operand, Promise promise, int... dims) {
        Form form = dims.length == 4 ? Form.ACTIVATION : Form.DENSE;
        return add(new Operand(operand, Role.OUTPUT, form, dims, null, promise));
    }

    /** An output that is left dense in any rank. */
    KernelCase denseOutput(String operand, Promise promise, int... dims) {
        return add(new Operand(operand, Role.OUTPUT, Form.DENSE, dims, null, promise));
    }

    /** An output of the form of a parameter. */
    KernelCase parameterOutput(String operand, Promise promise, int... dims) {
        return add(new Operand(operand, Role.OUTPUT, Form.PARAMETER, dims, null, promise));
    }

    /** An INT32 or UINT8 output. */
    KernelCase output(String operand, Form form, int length) {
        return add(new Operand(operand, Role.OUTPUT, form, new int[] {length}, null, Promise.BITS));
    }

    /** A UINT8 output that means something only to its backend, which says how long it is. */
    KernelCase saved(String operand, ToLongFunction<Backend> bytes) {
        lengths.put(operand, bytes);
        return add(new Operand(operand, Role.OUTPUT, Form.BYTES, null, null, null));
    }

    /** A dense operand, or an activation, that is read and written. */
    KernelCase updated(String operand, Promise promise, float[] content, int... dims) {
        Form form = dims.length == 4 ? Form.ACTIVATION : Form.DENSE;
        return add(new Operand(operand, Role.UPDATED, form, dims, content, promise));
    }

    /** A parameter that is read and written. */
    KernelCase updatedParameter(String operand, Promise promise, float[] content, int... dims) {
        return add(new Operand(operand, Role.UPDATED, Form.PARAMETER, dims, content, promise));
    }

    /** An input that {@link #preparation} writes. */
    KernelCase prepared(String operand, int... dims) {
        Form form = dims.length == 4 ? Form.ACTIVATION : Form.DENSE;
        return add(new Operand(operand, Role.PREPARED, form, dims, null, null));
    }

    /** A UINT8 input that {@link #preparation} writes, as long as the backend says. */
    KernelCase preparedBytes(String operand, ToLongFunction<Backend> bytes) {
        lengths.put(operand, bytes);
        return add(new Operand(operand, Role.PREPARED, Form.BYTES, null, null, null));
    }

    /** The call that writes the prepared operands, as the forward pass does. */
    KernelCase preparation(Call first) {
        preparation = first;
        return this;
    }

    /** On the reference backend another call has the expected result. */
    KernelCase expected(Call other) {
        expected = other;
        return this;
    }

    /** Tensor cores read or write these operands: on a backend in bfloat16 they hold such numbers, too. */
    KernelCase multiplied(String... names) {
        multiplied.addAll(List.of(names));
        return this;
    }

    /** Whether the numbers of an operand are bfloat16 where activations are. */
    boolean isHalf(Operand operand) {
        return operand.form() == Form.ACTIVATION || multiplied.contains(operand.name());
    }

    /** The output may be the same storage as this input. */
    KernelCase inPlace(String output, String input) {
        inPlace.add(new InPlace(output, input));
        return this;
    }

    /** The output is allocated like this input, and takes over its layout. */
    KernelCase like(String output, String input) {
        like.put(output, input);
        return this;
    }

    /** A graph cannot hold the call; a message that says so has these words. */
    KernelCase notCaptured(String words) {
        notCaptured = words;
        return this;
    }

    private KernelCase add(Operand operand) {
        operands.add(operand);
        return this;
    }

    Call call() {
        return call;
    }

    Call expected() {
        return expected;
    }

    /** Null for none. */
    Call preparation() {
        return preparation;
    }

    List<Operand> operands() {
        return operands;
    }

    List<InPlace> inPlace() {
        return inPlace;
    }

    /** Null if a graph can hold the call. */
    String notCaptured() {
        return notCaptured;
    }

    /** Elements of an operand on this backend. */
    long length(Backend backend, Operand operand) {
        ToLongFunction<Backend> asked = lengths.get(operand.name());
        return asked == null ? Workspace.count(operand.dims()) : asked.applyAsLong(backend);
    }

    /** The input whose length, room and layout an output has, or null. */
    String likeOf(String output) {
        return like.get(output);
    }

    /** The kernel's name: the first word of the case's. */
    String kernel() {
        return name.split(" ")[0];
    }

    @Override
    public String toString() {
        return name;
    }
}
