package greg.pruning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples in the README and in javadoc compile against the library as it is. */
class ExamplesTest {
    private static final Pattern FENCED = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern IN_JAVADOC =
            Pattern.compile("<pre>\\{@code\n?(.*?)\n? \\* }</pre>|<pre>\\{@code (.*?)}</pre>", Pattern.DOTALL);

    private static final String IMPORTS = List.of(
                    "greg.datasets",
                    "greg.kernels",
                    "greg.kernels.spec",
                    "greg.nn",
                    "greg.nn.layer",
                    "greg.nn.train",
                    "greg.nn.optim",
                    "greg.pruning",
                    "greg.pruning.graph",
                    "greg.pruning.growth",
                    "greg.pruning.ratios",
                    "greg.pruning.surgery",
                    "greg.tensor",
                    "greg.tensor.op",
                    "java.nio.file",
                    "java.util")
            .stream()
            .map(p -> "import " + p + ".*;\n")
            .collect(Collectors.joining());

    /** What examples take for granted. */
    private static final String GIVEN =
            "Dataset train, Dataset dataset, NnModule net, Backend backend, Shape image, float[] pixels, int[] labels, int steps";

    private static final String MY_NET =
            """
            class MyNet extends NnModule {
                MyNet(Backend backend) { super(backend); }
                @Override public Tensor forward(Tensor x) { return x; }
                static Iterator<HostBatch> batches(int epoch) { return null; }
            }
            """;

    @TempDir
    Path temp;

    private static Path root() {
        return Path.of("").toAbsolutePath().getParent();
    }

    private static List<String> examples(Path file, Pattern pattern) throws IOException {
        Matcher matcher = pattern.matcher(Files.readString(file));
        List<String> found = new ArrayList<>();
        while (matcher.find()) {
            String text = matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
            found.add(text.replaceAll("(?m)^ \\* ?", ""));
        }
        return found;
    }

    /** Compiles an example: a class, statements, or a file with its package. */
    private void compiles(String where, String code) {
        Matcher file = Pattern.compile("public final class (\\w+)").matcher(code);
        if (code.startsWith("package ") && file.find()) {
            compiles(where, file.group(1), code);
            return;
        }
        boolean type = code.startsWith("class ");
        String names = GIVEN;
        for (String declared : List.of("train", "net", "backend")) {
            // an example that declares a name itself is not given it
            if (Pattern.compile("\\b[A-Z]\\w+ " + declared + " =").matcher(code).find()) {
                names = names.replaceAll("\\w+ " + declared + "(, |$)", "");
            }
        }
        String source = IMPORTS
                + (type
                        ? code + "\nclass Example {}\n"
                        : MY_NET + "class Example { void run(" + names + ") throws Exception {\n" + code + "\n}}\n");
        compiles(where, "Example", source);
    }

    private void compiles(String where, String name, String source) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> errors = new DiagnosticCollector<>();
        JavaFileObject unit =
                new SimpleJavaFileObject(URI.create("string:///" + name + ".java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return source;
                    }
                };
        String path = temp + File.pathSeparator + System.getProperty("java.class.path");
        List<String> options = List.of("-d", temp.toString(), "-cp", path, "-proc:none");
        compiler.getTask(null, null, errors, options, null, List.of(unit)).call();
        assertEquals(
                "",
                errors.getDiagnostics().stream()
                        .filter(d -> d.getKind() == Diagnostic.Kind.ERROR)
                        .map(d -> d.getMessage(null))
                        .collect(Collectors.joining("\n")),
                where + ":\n" + source);
    }

    @Test
    void theReadmesExamples() throws IOException {
        List<String> examples = examples(root().resolve("README.md"), FENCED);
        assertTrue(examples.size() >= 3, "examples: " + examples.size());
        for (String example : examples) compiles("README.md", example);
    }

    @Test
    void theNetworkForTheCommandLine() throws IOException {
        List<String> examples = examples(root().resolve("docs/own-network.md"), FENCED);
        assertEquals(2, examples.size());
        for (String example : examples) compiles("own-network.md", example);
    }

    @Test
    void theExamplesOfTheFrontDoor() throws IOException {
        for (String file : List.of(
                "pruning/src/main/java/greg/pruning/package-info.java",
                "pruning/src/main/java/greg/pruning/Pruner.java",
                "pruning/src/main/java/greg/pruning/graph/ChannelGraph.java",
                "nn/src/main/java/greg/nn/train/Trainer.java",
                "nn/src/main/java/greg/nn/train/TrainData.java")) {
            List<String> examples = examples(root().resolve(file), IN_JAVADOC);
            assertTrue(!examples.isEmpty(), "no example in " + file);
            for (String example : examples) compiles(file, example);
        }
    }
}
