package greg.bench;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import greg.kernels.Backend;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Enforces docs/architecture.md: which module may depend on which, where natives are named, no cycles, no long files. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar")) // test classes that modules share
            .importPackages("greg");
    private static final String[] NATIVES = {"org.bytedeco..", "com.sun.jna..", "jcuda.."};
    private static final int LONGEST_FILE = 500;
    private static final List<String> LIBRARY = List.of("kernels", "tensor", "nn", "datasets", "pruning");

    /** A flag, or a command of the program. */
    private static final Pattern COMMAND_LINE = Pattern.compile(
            "--[a-z]\\w+(?![\\w(.]|\\s*==)|\\bgreg (train|prune|evaluate|inspect|export|report|study|sweep|data|devices)\\b");

    @Test
    void theImporterSawEveryModule() {
        for (String module : LIBRARY) {
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
                .resideOutsideOfPackages(
                        "greg.kernels.cpu..",
                        "greg.kernels.cuda..",
                        "greg.kernels.mpi..",
                        "greg.datasets.jpeg..",
                        "greg.bench..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(NATIVES)
                .check(CLASSES);
    }

    /** The fastest layout of activations is chosen inside {@code NnModule.call}; no caller needs to know about it. */
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

    /** The floors of {@code pruning}, from the top; each package may depend on itself and those after it. */
    @Test
    void pruningsPackagesKnowOnlyWhatIsBelowThem() {
        List<String> floors = List.of("cli", "sweep", "run", "", "growth", "ratios", "surgery", "graph", "select");
        List<String> apart = List.of("report", "study");
        for (int i = 0; i < floors.size(); i++) {
            List<String> above = new ArrayList<>(floors.subList(0, i));
            if (i > 3) above.add("study");
            noClasses()
                    .that()
                    .resideInAPackage(inPruning(floors.get(i)))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            above.stream().map(ArchitectureTest::inPruning).toArray(String[]::new))
                    .allowEmptyShould(true)
                    .check(CLASSES);
        }
        for (String each : apart) {
            noClasses()
                    .that()
                    .resideInAPackage(inPruning(each))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            inPruning("cli"), inPruning("sweep"), inPruning("run"), inPruning(""), inPruning("growth"))
                    .check(CLASSES);
        }
    }

    private static String inPruning(String name) {
        return name.isEmpty() ? "greg.pruning" : "greg.pruning." + name;
    }

    @Test
    void onlyTheCommandLineKnowsPicocliAndTheProgressBar() {
        noClasses()
                .that()
                .resideOutsideOfPackages("greg.pruning.cli", "greg.bench..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("picocli..", "me.tongfei..")
                .check(CLASSES);
    }

    @Test
    void theLibraryNeitherPrintsNorExits() {
        noClasses()
                .that()
                .resideOutsideOfPackages("greg.pruning.cli", "greg.bench..")
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .orShould()
                .callMethod(System.class, "exit", int.class)
                .orShould()
                .callMethod(Throwable.class, "printStackTrace")
                .check(CLASSES);
    }

    /** Commands are found by {@code Main}; none of them depends on it or on another command. */
    @Test
    void theCommandLineHasNoCircleOfClasses() {
        slices().assignedFrom(new SliceAssignment() {
                    @Override
                    public SliceIdentifier getIdentifierOf(JavaClass c) {
                        if (!c.getPackageName().equals("greg.pruning.cli")) return SliceIdentifier.ignore();
                        return SliceIdentifier.of(outermost(c).getSimpleName());
                    }

                    @Override
                    public String getDescription() {
                        return "classes of the command line";
                    }
                })
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
    }

    private static JavaClass outermost(JavaClass c) {
        JavaClass outer = c;
        while (outer.getEnclosingClass().isPresent())
            outer = outer.getEnclosingClass().get();
        return outer;
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

    /** Errors name settings as Java code does; the package cli replaces them with flags and commands. */
    @Test
    void theLibraryDoesNotSpeakTheCommandLine() throws IOException {
        Path root = Path.of("").toAbsolutePath().getParent();
        List<String> found = new ArrayList<>();
        for (String module : LIBRARY) {
            try (Stream<Path> files = Files.walk(root.resolve(module + "/src/main/java"))) {
                for (Path file :
                        files.filter(p -> p.toString().endsWith(".java")).toList()) {
                    if (file.getParent().endsWith("greg/pruning/cli")) continue;
                    List<String> lines = Files.readAllLines(file);
                    for (int i = 0; i < lines.size(); i++) {
                        if (COMMAND_LINE.matcher(lines.get(i)).find())
                            found.add(root.relativize(file) + ":" + (i + 1) + " "
                                    + lines.get(i).strip());
                    }
                }
            }
        }
        assertEquals(List.of(), found);
    }

    private static long lines(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Calls that take the machine's language or character set. */
    private static final Set<String> OF_THE_MACHINE = Set.of(
            "String.format(String,Object[])",
            "String.formatted(Object[])",
            "String.toLowerCase()",
            "String.toUpperCase()",
            "String.getBytes()",
            "String.<init>(byte[])",
            "PrintStream.printf(String,Object[])",
            "PrintStream.format(String,Object[])",
            "PrintStream.<init>(OutputStream)",
            "PrintStream.<init>(OutputStream,boolean)",
            "PrintWriter.printf(String,Object[])",
            "PrintWriter.format(String,Object[])",
            "PrintWriter.<init>(OutputStream)",
            "PrintWriter.<init>(OutputStream,boolean)",
            "InputStreamReader.<init>(InputStream)",
            "OutputStreamWriter.<init>(OutputStream)",
            "FileReader.<init>(File)",
            "FileReader.<init>(String)",
            "FileWriter.<init>(File)",
            "FileWriter.<init>(String)",
            "Scanner.<init>(InputStream)",
            "Formatter.<init>()",
            "Formatter.<init>(Appendable)",
            "DecimalFormat.<init>(String)",
            "DateTimeFormatter.ofPattern(String)",
            "ByteArrayOutputStream.toString()",
            "Charset.defaultCharset()");

    /** Output and files are the same on every machine. */
    @Test
    void nothingDependsOnTheDefaultLocaleOrCharset() {
        List<String> found = new ArrayList<>();
        for (JavaClass c : CLASSES) {
            for (JavaAccess<?> access : c.getAccessesFromSelf()) {
                if (!(access.getTarget() instanceof CodeUnitAccessTarget target)) continue;
                String parameters = target.getRawParameterTypes().stream()
                        .map(JavaClass::getSimpleName)
                        .collect(Collectors.joining(",", "(", ")"));
                String call = target.getOwner().getSimpleName() + "." + target.getName() + parameters;
                if (OF_THE_MACHINE.contains(call) && !asksForCharset(c, call)) found.add(access.getDescription());
            }
        }
        assertEquals(List.of(), found);
    }

    /** These ask only whether JNA can be loaded, which reads names in that charset. */
    private static boolean asksForCharset(JavaClass c, String call) {
        return call.equals("Charset.defaultCharset()")
                && Set.of("greg.pruning.cli.Main", "greg.kernels.cpu.Team", "greg.datasets.jpeg.TurboJpeg")
                        .contains(c.getName());
    }
}
