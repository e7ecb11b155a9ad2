package greg.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What {@code target/greg.jar} holds: nothing unexpected, every class that it needs, and the licences of all third-party
 * code. Skipped before the first {@code mvn package}; in {@code mvn verify} the jar is always there.
 */
class GregJarTest {
    private static final Path JAR = Path.of("../target/greg.jar");
    private static final String THIRD_PARTY = "META-INF/THIRD-PARTY.txt";
    private static final String LICENCES = "META-INF/licenses/";

    /** Extend only on purpose, together with the filters in pruning/pom.xml. */
    private static final Pattern EXPECTED = Pattern.compile(String.join(
            "|",
            "greg/.*",
            "(ai/onnx/proto|com/fasterxml/jackson|com/google/protobuf|com/sun/jna|jcuda|me/tongfei|net/razorvine|org/apache/commons/math3|org/bytedeco"
                    + "|org/jline|org/yaml/snakeyaml|picocli)/.*\\.class",
            "META-INF/versions/\\d+/com/fasterxml/jackson/core/.*\\.class",
            "com/sun/jna/(linux-(x86-64|aarch64)|darwin-(x86-64|aarch64)|win32-x86-64)/(lib)?jnidispatch\\.(so|jnilib|dll)",
            "org/bytedeco/(dnnl|javacpp|opencl)/(linux|macosx|windows)-x86_64/[^/]+\\.(so[.0-9]*|[0-9.]*dylib|dll)",
            "org/bytedeco/javacpp/properties/[a-z]+-x86_64\\.properties",
            "lib/(lib)?(JCublas2|JCudaDriver|JCudnn)-[0-9.]+-(linux|windows)-x86_64\\.(so|dll)",
            "org/jline/(nativ|utils)/[^/]+\\.(properties|txt|caps)",
            "META-INF/resources/webjars/uplot/[0-9.]+/(LICENSE|dist/uPlot\\.(iife\\.min\\.js|min\\.css))",
            "META-INF/services/[^/]+|META-INF/services/org/jline/terminal/provider/exec",
            "META-INF/maven/org\\.bytedeco/(dnnl|javacpp|opencl)/pom\\.properties",
            "META-INF/(MANIFEST\\.MF|LICENSE|NOTICE|THIRD-PARTY\\.txt|FastDoubleParser-(ThirdParty-)?LICENSE)",
            LICENCES + "[^/]+\\.txt"));

    /** For {@code evaluate --with-onnxruntime} and {@code sweep --spark}. */
    private static final String BROUGHT_BY_THE_USER =
            "greg\\.pruning\\.run\\.OnnxRuntimeEngine\\S* -> ai\\.onnxruntime\\.\\S+ not found"
                    + "|greg\\.pruning\\.sweep\\.SparkSweep\\S* -> (org\\.apache\\.spark|scala)\\.\\S+ not found";

    /** JavaCPP logs through SLF4J only when configured to. */
    private static final List<String> MISSING_ON_PURPOSE = List.of(
            "org.bytedeco.javacpp.tools.Slf4jLogger -> org.slf4j.Logger not found",
            "org.bytedeco.javacpp.tools.Slf4jLogger -> org.slf4j.LoggerFactory not found");

    private record Artefact(Path folder, String version, List<String> texts) {}

    @BeforeAll
    static void theJarIsBuilt() {
        assumeTrue(Files.exists(JAR), "no " + JAR + "; mvn -q -DskipTests package builds it");
    }

    @Test
    void holdsNothingUnexpected() throws IOException {
        List<String> unexpected = entries(JAR).stream()
                .filter(name -> !EXPECTED.matcher(name).matches())
                .toList();
        assertEquals(List.of(), unexpected);
    }

    @Test
    void noClassIsMissing() {
        ToolProvider jdeps = ToolProvider.findFirst("jdeps").orElseThrow();
        StringWriter out = new StringWriter();
        // without -filter:none jdeps does not report missing classes whose package is partly present
        int status = jdeps.run(
                new PrintWriter(out),
                new PrintWriter(out),
                "--missing-deps",
                "-filter:none",
                "--multi-release",
                "17",
                JAR.toString());
        assertEquals(0, status, out.toString());
        List<String> missing = out.toString()
                .lines()
                .skip(1)
                .map(line -> line.strip().replaceAll(" +", " "))
                .filter(line -> !line.matches(BROUGHT_BY_THE_USER))
                .toList();
        assertEquals(MISSING_ON_PURPOSE, missing);
    }

    @Test
    void theListNamesWhatIsInside() throws IOException {
        List<Artefact> listed = listed();
        Set<String> inside = entries(JAR);
        Set<Path> found = new TreeSet<>();
        for (Path jar : classPath()) {
            boolean shaded = entries(jar).stream()
                    .anyMatch(name -> !name.matches("META-INF/(?!resources/).*") && inside.contains(name));
            if (!shaded) continue;
            Path folder = jar.getParent(); // GROUP/ARTEFACT/VERSION of a local repository
            Artefact artefact = listed.stream()
                    .filter(a -> folder.endsWith(a.folder.resolve(a.version)))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(jar + " is in greg.jar, but not in " + THIRD_PARTY));
            found.add(artefact.folder);
        }
        assertEquals(listed.stream().map(Artefact::folder).collect(Collectors.toCollection(TreeSet::new)), found);
    }

    @Test
    void carriesLicencesAndNotices() throws IOException {
        Set<String> named = new TreeSet<>();
        for (Artefact artefact : listed()) named.addAll(artefact.texts);
        Pattern text = Pattern.compile("[\\w.-]+\\.txt");
        for (String line :
                read(JAR, THIRD_PARTY).lines().filter(l -> l.startsWith("lib")).toList()) {
            text.matcher(line).results().forEach(match -> named.add(match.group()));
        }
        Set<String> carried = entries(JAR).stream()
                .filter(name -> name.startsWith(LICENCES))
                .map(name -> name.substring(LICENCES.length()))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(named, carried);

        assertEquals(Files.readString(Path.of("../LICENSE")), read(JAR, "META-INF/LICENSE"));
        String notices = read(JAR, "META-INF/NOTICE");
        for (Path jar : classPath()) {
            if (listed().stream().noneMatch(a -> jar.getParent().endsWith(a.folder.resolve(a.version)))) continue;
            for (String entry : entries(jar)) {
                if (!entry.matches("META-INF/NOTICE(\\.txt)?")) continue;
                read(jar, entry)
                        .lines()
                        .map(String::strip)
                        .forEach(line -> assertTrue(notices.contains(line), jar + " " + entry + ": " + line));
            }
        }
    }

    @Test
    void starts() throws IOException, InterruptedException {
        String devices = run();
        assertTrue(devices.contains("* cpu") || !linux(), devices);
    }

    @Test
    void loadsCuda() throws IOException, InterruptedException {
        Path simulator = Path.of(System.getProperty("greg.cuda.simulator", "none"));
        assumeTrue(Files.exists(simulator.resolve("libcuda.so.1")), "no software CUDA device in " + simulator);
        String devices = run("-Dgreg.cuda.libraries=" + simulator);
        assertTrue(devices.contains("cuda       available    greg software CUDA device"), devices);
        assertTrue(devices.contains(" cuBLAS       12.0.0, " + simulator.resolve("libcublas.so.12")), devices);
        assertTrue(
                devices.contains(" cuDNN        9.") && devices.contains(", " + simulator.resolve("libcudnn.so.9")),
                devices);
    }

    @Test
    void theDocsNameThisVersion() throws IOException {
        String version = read(JAR, "META-INF/MANIFEST.MF")
                .lines()
                .filter(line -> line.startsWith("Implementation-Version: "))
                .map(line -> line.substring(line.indexOf(' ') + 1))
                .findFirst()
                .orElseThrow();
        assertTrue(Files.readString(Path.of("../README.md")).contains("<version>" + version + "</version>"), version);
        String number = version.replace("-SNAPSHOT", "");
        assertTrue(Files.readString(Path.of("../docs/changelog.md")).contains(number), number);
    }

    private static boolean linux() {
        return System.getProperty("os.name").equals("Linux")
                && System.getProperty("os.arch").equals("amd64");
    }

    private static String run(String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.addAll(List.of("-jar", JAR.toString(), "devices"));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    private static List<Artefact> listed() throws IOException {
        List<Artefact> artefacts = new ArrayList<>();
        for (String line : read(JAR, THIRD_PARTY).lines().toList()) {
            String[] words = line.split(" +");
            if (words.length != 4 || !words[0].matches("[\\w.-]+:[\\w.-]+")) continue;
            String[] names = words[0].split(":");
            artefacts.add(new Artefact(Path.of(names[0].replace('.', '/'), names[1]), words[1], List.of(words[3])));
        }
        return artefacts;
    }

    private static List<Path> classPath() {
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return Stream.of(path.split(Pattern.quote(File.pathSeparator)))
                .filter(name -> name.endsWith(".jar"))
                .map(Path::of)
                .filter(jar -> !jar.getFileName().toString().startsWith("greg-"))
                .toList();
    }

    private static Set<String> entries(Path jar) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            return zip.stream()
                    .filter(entry -> !entry.isDirectory())
                    .map(entry -> entry.getName())
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static String read(Path jar, String name) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            return new String(zip.getInputStream(zip.getEntry(name)).readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
