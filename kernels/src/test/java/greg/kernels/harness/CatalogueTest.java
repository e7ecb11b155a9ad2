package greg.kernels.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.KernelFamilies;
import greg.kernels.Workspace;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The catalogue forgets no kernel. */
class CatalogueTest {
    /** What is called tells a method from its overloads. */
    private static String text(Method method) {
        List<String> parameters = Arrays.stream(method.getParameterTypes())
                .map(Class::getSimpleName)
                .toList();
        return method.getDeclaringClass().getSimpleName() + "." + method.getName() + parameters;
    }

    /** A backend that does nothing, and writes down what it is asked for. */
    private static Backend recording(Backend real, Set<String> called) {
        return (Backend)
                Proxy.newProxyInstance(Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (p, m, a) -> {
                    if (m.getName().equals("memory")) return real.memory();
                    Class<?> family = m.getReturnType();
                    return Proxy.newProxyInstance(family.getClassLoader(), new Class<?>[] {family}, (q, kernel, b) -> {
                        called.add(text(kernel));
                        if (kernel.getReturnType() == long.class) return 1L;
                        return kernel.getReturnType() == boolean.class ? Boolean.TRUE : null;
                    });
                });
    }

    @Test
    void everyMethodOfEveryFamilyHasACase() {
        Set<String> missing = new TreeSet<>();
        for (RecordComponent family : KernelFamilies.class.getRecordComponents()) {
            for (Method method : family.getType().getMethods()) {
                // a question about the backend is no kernel
                boolean question = method.getReturnType() == boolean.class && method.getParameterCount() == 0;
                if (!question) missing.add(text(method));
            }
        }
        Set<String> called = new HashSet<>();
        Backend backend = recording(BackendsUnderTest.reference(), called);
        for (KernelCase c : Catalogue.CASES) {
            try (Workspace k = new Workspace(BackendsUnderTest.reference())) {
                if (c.preparation() != null) c.preparation().on(backend, name -> null);
                for (KernelCase.Operand o : c.operands()) c.length(backend, o);
                c.call().on(backend, name -> k.put(0));
            }
        }
        missing.removeAll(called);
        assertEquals(Set.of(), missing, "kernels without a case in the catalogue");
    }

    @Test
    void casesHaveNamesOfTheirOwn() {
        Set<String> names = new HashSet<>();
        for (KernelCase c : Catalogue.CASES) names.add(c.toString());
        assertEquals(Catalogue.CASES.size(), names.size());
    }
}
