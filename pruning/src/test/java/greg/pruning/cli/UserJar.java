package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Classes of somebody who uses greg, compiled while the tests run: they are on no class path. */
final class UserJar {
    private static final String HEAD =
            """
            package my.nets;
            import greg.kernels.Backend;
            import greg.kernels.spec.Conv2dOptions;
            import greg.nn.NnModule;
            import greg.nn.layer.*;
            import greg.nn.model.NetworkProvider;
            import greg.tensor.*;
            import greg.tensor.op.*;
            """;

    /** A property of the system that says that code of {@link #FORK} ran. */
    static final String RAN = "my.nets.ran";

    /** A class with a concatenation, a grouped convolution and a residual addition, for images of any kind. */
    static final String FORK =
            """
            public final class ForkNet extends NnModule {
                static { System.setProperty("my.nets.ran", "yes"); }
                private static final Conv2dOptions SAME = Conv2dOptions.DEFAULT.padding(1);
                private final Conv2d trunk, left, right, join, each;
                private final Linear scores;
                public ForkNet(Backend backend, int inChannels, int imageSize, int classes) {
                    super(backend);
                    trunk = child("trunk", new Conv2d(backend, inChannels, 8, 3, SAME.stride(2)));
                    left = child("left", new Conv2d(backend, 8, 6, 3, SAME));
                    right = child("right", new Conv2d(backend, 8, 4, 1, Conv2dOptions.DEFAULT));
                    join = child("join", new Conv2d(backend, 10, 8, 1, Conv2dOptions.DEFAULT));
                    each = child("each", new Conv2d(backend, 8, 8, 3, SAME.groups(8)));
                    scores = child("scores", new Linear(backend, 8, classes, true));
                }
                @Override public Tensor forward(Tensor x) {
                    Tensor y = ReluOp.apply(trunk.forward(x));
                    Tensor fork = ConcatOp.apply(ReluOp.apply(left.forward(y)), ReluOp.apply(right.forward(y)));
                    Tensor z = ReluOp.apply(AddOp.apply(each.forward(join.forward(fork)), y));
                    return scores.forward(GlobalAveragePoolOp.apply(z));
                }
            }
            """;

    private final Path file;
    private final Path classes;
    private final Map<String, byte[]> entries = new TreeMap<>();

    /** A jar that is to be {@code file}. */
    UserJar(Path file) throws IOException {
        this.file = file;
        classes = Files.createTempDirectory(file.getParent(), "classes");
    }

    /** Adds a class of package my.nets. */
    UserJar compiled(String declaration) throws IOException {
        compile(classes, declaration);
        for (Path compiled : files(classes)) {
            entries.put(classes.relativize(compiled).toString().replace('\\', '/'), Files.readAllBytes(compiled));
        }
        return this;
    }

    /** Compiles a class of package my.nets into a folder; imports and package are added. */
    static Path compile(Path folder, String declaration) throws IOException {
        String name = declaration.replaceAll("(?s).*?\\b(?:class|interface) (\\w+).*", "$1");
        Path source = Files.createTempDirectory("source").resolve(name + ".java");
        Files.writeString(source, HEAD + declaration);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            String path = folder + java.io.File.pathSeparator + System.getProperty("java.class.path");
            List<String> options = List.of("-d", folder.toString(), "-cp", path, "-proc:none");
            assertTrue(
                    compiler.getTask(said, manager, null, options, null, manager.getJavaFileObjects(source))
                            .call(),
                    said::toString);
        }
        Files.delete(source);
        Files.delete(source.getParent());
        return folder;
    }

    /** Names the classes of package my.nets that provide networks. */
    UserJar providers(String... names) {
        List<String> lines = new ArrayList<>();
        for (String name : names) lines.add("my.nets." + name);
        byte[] text = String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
        entries.put("META-INF/services/greg.nn.model.NetworkProvider", text);
        return this;
    }

    /** Leaves out a class again. */
    UserJar without(String name) {
        assertTrue(entries.remove("my/nets/" + name + ".class") != null, name);
        return this;
    }

    /** Makes a class one of a Java that is not there yet. */
    UserJar ofTheFuture(String name) {
        entries.get("my/nets/" + name + ".class")[7] = 120; // the major version's lower byte; 61 is Java 17
        return this;
    }

    /** Writes the jar, with the same bytes for the same classes. */
    Path write() throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                ZipEntry named = new ZipEntry(entry.getKey());
                named.setTime(0);
                zip.putNextEntry(named);
                zip.write(entry.getValue());
            }
        }
        return file;
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }
}
