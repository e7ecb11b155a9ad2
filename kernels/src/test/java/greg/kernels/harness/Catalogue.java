package greg.kernels.harness;

import java.util.List;
import java.util.stream.Stream;

/** Every case. A kernel without one fails {@link CatalogueTest}. */
final class Catalogue {
    static final List<KernelCase> CASES = Stream.of(
                    ElementwiseCases.all(), ActivationCases.all(), NetworkCases.all(), UpdateCases.all())
            .flatMap(List::stream)
            .toList();

    private Catalogue() {}

    /** The next case of the same kernel with other contents or another shape, or null. */
    static KernelCase after(KernelCase c) {
        List<KernelCase> same =
                CASES.stream().filter(x -> x.kernel().equals(c.kernel())).toList();
        KernelCase next = same.get((same.indexOf(c) + 1) % same.size());
        return next == c ? null : next;
    }
}
