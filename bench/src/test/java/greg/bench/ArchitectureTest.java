package greg.bench;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import greg.kernels.Backend;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds docs/architecture.md: which module may know which, where natives are named, no cycles, no long files. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar")) // what modules lend each other's tests
            .importPackages("greg");
    private static final String[] NATIVES = {"org.bytedeco..", "com.sun.jna..", "jcuda.."};
    private static final int LONGEST_FILE = 500;

    @Test
    void theImporterSawEveryModule() {
        for (String module : List.of("kernels", "tensor", "nn", "datasets", "pruning")) {
            assertTrue(
                    CLASSES.stream().anyMatch(c -> c.getPackageName().startsWith("greg." + module)),
                    "no classes of module " + module + " on the class path");
        }
    }

    @Test
    void modulesKnowOnlyWhatIsBelowThem() {
        knows("greg.kernels..");
        knows("greg.datasets..");
        knows("greg.tensor..", "greg.kernels..");
        knows("greg.nn..", "greg.kernels..", "greg.tensor..", "greg.datasets..");
        knows("greg.pruning..", "greg.kernels..", "greg.tensor..", "greg.datasets..", "greg.nn..");
    }

    private static void knows(String module, String... below) {
        String[] allowed = Stream.concat(Stream.of(module), Stream.of(below)).toArray(String[]::new);
        classes()
                .that()
                .resideInAPackage(module)
                .should()
                .onlyDependOnClassesThat(DescribedPredicate.not(JavaClass.Predicates.resideInAPackage("greg.."))
                        .or(JavaClass.Predicates.resideInAnyPackage(allowed)))
                .check(CLASSES);
    }

    @Test
    void nativeLibrariesAreNamedInTheirBackendsOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackages("greg.kernels.cpu..", "greg.kernels.cuda..", "greg.bench..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(NATIVES)
                .check(CLASSES);
    }

    /** Which layout of activations is fast is found out behind {@code NnModule.call}; no caller needs to know of it. */
    @Test
    void theLayoutHintIsTheModulesAffair() {
        noClasses()
                .that()
                .resideOutsideOfPackage("greg.nn")
                .should()
                .callMethod(Backend.class, "expectChannels", int[].class)
                .check(CLASSES);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("greg.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void noSourceFileIsLong() throws IOException {
        Path root = Path.of("").toAbsolutePath().getParent();
        try (Stream<Path> files = Files.walk(root)) {
            List<String> tooLong = files.filter(p -> p.toString().matches(".*/src/.*\\.(java|cpp|h|ptx)"))
                    .filter(p -> lines(p) > LONGEST_FILE)
                    .map(p -> root.relativize(p) + " has " + lines(p) + " lines")
                    .toList();
            assertEquals(List.of(), tooLong);
        }
    }

    private static long lines(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
