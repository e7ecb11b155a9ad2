package greg.tensor.op;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Holds the ops to the README's "How to add an op", and the README to the ops: every file that the recipe names exists
 * for every op, and every place that knows a family of kernels is named in the recipe.
 */
class RecipeTest {
    private static final Path ROOT = Path.of("..");
    private static final Path README = ROOT.resolve("README.md");
    private static final Path OPS = ROOT.resolve("tensor/src/main/java/greg/tensor/op");
    private static final Path KERNELS = ROOT.resolve("kernels/src/main/java/greg/kernels");

    /** The family whose kernels an op runs on, where it is not the op's own. */
    private static final Map<String, String> FAMILIES = Map.ofEntries(
            Map.entry("Add", "Elementwise"),
            Map.entry("Bias", "Elementwise"),
            Map.entry("CrossEntropy", "SoftmaxLoss"),
            Map.entry("Dropout", "Elementwise"),
            Map.entry("Flatten", "Transfer"),
            Map.entry("GlobalAveragePool", "Pool2d"),
            Map.entry("Linear", "Gemm"),
            Map.entry("Mul", "Elementwise"),
            Map.entry("Relu", "Elementwise"),
            Map.entry("Relu6", "Elementwise"),
            Map.entry("Sigmoid", "Elementwise"),
            Map.entry("Silu", "Elementwise"));

    /** Families that take dimensions instead of a record. */
    private static final Set<String> WITHOUT_SPEC = Set.of("Elementwise", "SoftmaxLoss", "Transfer");

    /** Families that need cuDNN or cuBLAS, which are not used yet. */
    private static final Set<String> WITHOUT_CUDA = Set.of("BatchNorm", "Conv2d", "Gemm");

    /** PTX files that are not called as the family that they belong to. */
    private static final Map<String, String> PTX = Map.of("Concat", "transfer", "Pool2d", "global_average");

    /** What a family adds to files that all families share. */
    private static final Map<String, String> SHARED = Map.of(
            "KernelFamilies", "FooKernels ",
            "Backend", "default FooKernels ",
            "reference/ReferenceBackend", "new ReferenceFoo(",
            "cpu/CpuBackend", "new CpuFoo(",
            "cuda/CudaBackend", "new CudaFoo(",
            "dry/DryBackend", "nothing(FooKernels.class)");

    @BeforeEach
    void needsTheSourceTree() {
        Assumptions.assumeTrue(Files.exists(README), "the tests run outside the source tree");
    }

    private static String recipe() throws IOException {
        String readme = Files.readString(README);
        int start = readme.indexOf("\n## How to add an op\n");
        return readme.substring(start, readme.indexOf("\n## ", start + 1));
    }

    /** The paths with {@code Foo} in the recipe. */
    private static List<String> templates() throws IOException {
        return Pattern.compile("`([a-z]+/[^` ]*[Ff]oo[^` ]*)`")
                .matcher(recipe())
                .results()
                .map(match -> match.group(1))
                .toList();
    }

    private static List<String> stems() throws IOException {
        try (Stream<Path> files = Files.list(OPS)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith("Op.java"))
                    .map(name -> name.replace("Op.java", ""))
                    .sorted()
                    .toList();
        }
    }

    /** The files that the recipe asks of an op, from the root of the project. */
    private static List<String> files(String stem) throws IOException {
        String family = FAMILIES.getOrDefault(stem, stem);
        String snake = family.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
        List<String> files = new ArrayList<>();
        for (String template : templates()) {
            boolean cuda = template.endsWith(".ptx") || template.contains("/cuda/");
            if (cuda && WITHOUT_CUDA.contains(family)) continue;
            if (template.contains("/spec/") && WITHOUT_SPEC.contains(family)) continue;
            String name = template.startsWith("kernels/") ? family : stem;
            files.add(template.replace("Foo", name).replace("foo.", PTX.getOrDefault(family, snake) + "."));
        }
        return files;
    }

    private static List<String> missing(String stem) throws IOException {
        return files(stem).stream()
                .filter(file -> !Files.exists(ROOT.resolve(file)))
                .toList();
    }

    @Test
    void everyOpHasTheFilesOfTheRecipe() throws IOException {
        assertEquals(9, templates().size(), "paths in the recipe: " + templates());
        assertTrue(stems().size() > 15, "ops: " + stems());
        assertAll(stems().stream().map(stem -> () -> assertEquals(List.of(), missing(stem), "missing for " + stem)));
    }

    /** The control of the test above. */
    @Test
    void aMissingFileIsSeen() throws IOException {
        assertEquals(files("Nobody"), missing("Nobody"));
        assertTrue(files("NobodyAtAll").contains("kernels/src/main/resources/greg/kernels/ptx/nobody_at_all.ptx"));
    }

    @Test
    void everyFamilyIsMadeKnown() throws IOException {
        String recipe = recipe();
        SHARED.forEach((file, what) -> {
            String name = file.replaceAll(".*/", "");
            assertTrue(recipe.contains("`" + name + "`"), "the recipe does not name " + name);
        });
        assertTrue(recipe.contains("`" + SHARED.get("dry/DryBackend") + "`"), "what DryBackend gets");
        for (String stem : stems()) {
            String family = FAMILIES.getOrDefault(stem, stem);
            SHARED.forEach((file, what) -> {
                if (file.startsWith("cuda/") && WITHOUT_CUDA.contains(family)) return;
                String text = read(KERNELS.resolve(file + ".java"));
                String registration = what.replace("Foo", family);
                assertTrue(text.contains(registration), file + " lacks " + registration);
            });
        }
    }

    /** The other direction, by the two families that were added by this recipe: nothing else knows them. */
    @Test
    void theRecipeForgetsNoPlace() throws IOException {
        for (String family : List.of("Gate", "UpsampleNearest")) {
            Set<String> expected = new TreeSet<>(files(family));
            SHARED.keySet().forEach(file -> expected.add("kernels/src/main/java/greg/kernels/" + file + ".java"));
            expected.removeIf(file -> !file.startsWith("kernels/src/main/java/") || file.contains("/spec/"));
            Pattern names = Pattern.compile("\\b(" + family + "Kernels|(Reference|Cpu|Cuda)" + family + ")\\b");
            try (Stream<Path> sources = Files.walk(ROOT.resolve("kernels/src/main/java"))) {
                Set<String> actual = sources.filter(file -> file.toString().endsWith(".java"))
                        .filter(file -> names.matcher(read(file)).find())
                        .map(file -> ROOT.relativize(file).toString().replace('\\', '/'))
                        .collect(Collectors.toCollection(TreeSet::new));
                assertEquals(expected, actual, "files that know " + family);
            }
        }
    }

    /** Whatever else the recipe names between backticks is a file or a class of this project. */
    @Test
    void namesInTheRecipeExist() throws IOException {
        List<String> names;
        try (Stream<Path> files = Stream.of("kernels", "tensor", "nn", "pruning")
                .map(ROOT::resolve)
                .flatMap(module -> walk(module.resolve("src")))) {
            names = files.map(file -> file.getFileName().toString()).toList();
        }
        List<String> classes = Pattern.compile("`([A-Z]\\w+)(\\.\\w+)?`|`([a-z-]+\\.txt)`")
                .matcher(recipe())
                .results()
                .map(RecipeTest::file)
                .filter(file -> !file.contains("Foo"))
                .toList();
        assertFalse(classes.isEmpty());
        for (String file : classes) assertTrue(names.contains(file), "the recipe names " + file);
    }

    private static String file(MatchResult match) {
        return match.group(3) != null ? match.group(3) : match.group(1) + ".java";
    }

    private static Stream<Path> walk(Path folder) {
        try {
            return Files.walk(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
