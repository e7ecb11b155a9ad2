package greg.bench.gpu;

import greg.bench.ParameterSet;
import greg.bench.PenaltyKernel;
import greg.kernels.Backend;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What is timed.
 *
 * @param data what it runs over
 * @param name of the kernel, for reports
 * @param source the PTX file of the kernel, without {@code .ptx}
 * @param claim where that file's header says how many bytes an element costs, word for word
 * @param bytesPerElement the same as a number
 * @param elements that it processes
 * @param maker of cases on a backend
 */
record Work(String data, String name, String source, String claim, int bytesPerElement, long elements, Maker maker) {
    /** Makes {@code copies} independent copies of the data, as after {@link Case#reset}, and the kernel over each. */
    @FunctionalInterface
    interface Maker {
        Case make(Backend backend, int firstCopy, int copies);
    }

    /** The kernel over several copies of its data. */
    interface Case extends AutoCloseable {
        /** Restores the initial numbers; outputs become NaN. */
        void reset();

        /** Issues the kernel for one copy. */
        void run(int copy);

        /** The kernel's outputs. */
        List<Result> results(int copy);

        @Override
        void close();
    }

    /**
     * One output.
     *
     * @param what its name
     * @param values on the host
     * @param tolerance largest difference from the reference backend, relative to it; 0 for equal bits
     */
    record Result(String what, float[] values, double tolerance) {}

    /** Bytes that a run must move. */
    long bytes() {
        return bytesPerElement * elements;
    }

    /** The kernels over all parameters of a network. */
    static List<Work> over(ParameterSet set) {
        return Stream.of(PenaltyKernel.values())
                .map(kernel -> new Work(
                        set.name(),
                        kernel.text(),
                        kernel.source(),
                        kernel.claim(),
                        kernel.bytesPerElement(),
                        kernel.all() ? set.elements() : set.penalisedElements(),
                        (backend, first, copies) -> new ParameterCase(backend, set, kernel, first, copies)))
                .toList();
    }

    /** A few kernels over an activation of about this many elements. */
    static List<Work> overActivations(int elements) {
        List<Work> works = new ArrayList<>();
        for (ArrayKernel kernel : ArrayKernel.values()) {
            int n = kernel.round(elements);
            works.add(new Work(
                    n + " floats",
                    kernel.text(),
                    kernel.source(),
                    kernel.claim(),
                    kernel.bytesPerElement(),
                    n,
                    (backend, first, copies) -> new ArrayCase(backend, kernel, n, first, copies)));
        }
        return works;
    }
}
