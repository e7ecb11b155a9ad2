package greg.kernels.natives;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendProvider;
import greg.kernels.Backends;
import greg.kernels.BackendsUnderTest;
import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes for which somebody has laid out a library of the right name, size and date. What is planted is no library: a process
 * that trusts it cannot open oneDNN.
 */
class PlantedNativesTest {
    @TempDir
    Path scratch;

    private Path home;
    private Path temporary;
    private JarURLConnection library;

    /** What is available, in lines. */
    static final class Program {
        public static void main(String[] args) {
            for (BackendProvider provider : Backends.providers()) {
                System.out.println(provider.kind() + ": " + provider.unavailable());
            }
            try (Backend backend = Backends.open("auto")) {
                System.out.println("auto: " + backend.name());
            }
        }
    }

    @BeforeEach
    void folders() throws IOException {
        BackendsUnderTest.open("cpu");
        home = Files.createDirectory(scratch.toRealPath().resolve("home"));
        temporary = Files.createDirectory(scratch.toRealPath().resolve("tmp"));
        URL url = getClass()
                .getClassLoader()
                .getResource("org/bytedeco/dnnl/" + Loader.getPlatform() + "/" + System.mapLibraryName("jnidnnl"));
        library = (JarURLConnection) url.openConnection();
    }

    private Process start(Path home, Path temporary) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-Dgreg.threads=1",
                        "-Dgreg.cuda.libraries=" + System.getProperty("greg.cuda.simulator"),
                        "-Duser.home=" + home,
                        "-Djava.io.tmpdir=" + temporary,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Program.class.getName())
                .redirectErrorStream(true)
                .start();
    }

    private static String output(Process process) throws IOException, InterruptedException {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    /** Puts garbage there that JavaCPP takes for the library. */
    private Path plant(Path cache) throws IOException {
        JarEntry entry = library.getJarEntry();
        Path file = cache.resolve(Path.of(library.getJarFile().getName()).getFileName())
                .resolve(entry.getName());
        Files.createDirectories(file.getParent());
        Files.write(file, new byte[(int) entry.getSize()]);
        Files.setLastModifiedTime(file, FileTime.fromMillis(entry.getTime()));
        return file;
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    @Test
    void aForeseeableFolderInTheTemporaryDirectoryIsNotUsed() throws Exception {
        Path noHome = Files.createFile(scratch.resolve("file"));
        Path greg = plant(temporary.resolve("greg-javacpp-" + System.getProperty("user.name")));
        plant(temporary.resolve(".javacpp-" + System.getProperty("user.name")).resolve("cache"));
        List<Path> before = list(temporary);
        String output = output(start(noHome, temporary));
        assertTrue(output.contains("cpu: null"), output);
        assertArrayEquals(new byte[(int) Files.size(greg)], Files.readAllBytes(greg), "what was planted");
        assertEquals(before, list(temporary), "the private folder is gone");
    }

    @Test
    void aFolderInTheHomeThatOthersCanWriteIsNotUsed() throws Exception {
        plant(NativeFolder.inHome(home.toString()));
        plant(home.resolve(".javacpp").resolve("cache"));
        Files.setPosixFilePermissions(
                home.resolve(".greg").resolve("natives"), PosixFilePermissions.fromString("rwxrwx---"));
        String output = output(start(home, temporary));
        assertTrue(output.contains("cpu: null"), output);
    }

    @Test
    void aDamagedFileIsReplacedWhileSeveralProcessesStart() throws Exception {
        Path damaged = plant(NativeFolder.inHome(home.toString()));
        Process other = start(home, temporary);
        String output = output(start(home, temporary));
        String second = output(other);
        assertTrue(output.contains("cpu: null"), output);
        assertTrue(second.contains("cpu: null"), second);
        assertArrayEquals(library.getInputStream().readAllBytes(), Files.readAllBytes(damaged));
        assertEquals(
                List.of(),
                list(damaged.getParent()).stream()
                        .filter(file -> file.toString().endsWith(".part"))
                        .toList());

        // the next process writes nothing, and neither does JavaCPP
        Object inode = Files.getAttribute(damaged, "unix:ino");
        assertTrue(output(start(home, temporary)).contains("cpu: null"));
        assertEquals(inode, Files.getAttribute(damaged, "unix:ino"));
        assertEquals(
                List.of(),
                list(temporary).stream()
                        .filter(file -> !file.toString().contains("hsperf"))
                        .toList());
    }

    @Test
    void withoutAnyFolderTheReferenceServes() throws Exception {
        Path file = Files.createFile(scratch.resolve("file"));
        String output = output(start(file.resolve("home"), file.resolve("tmp")));
        String why = "no folder for native libraries: there is no home '" + file.resolve("home") + "', and "
                + file.resolve("tmp") + " cannot be written";
        assertTrue(output.contains("cpu: oneDNN: " + why), output);
        boolean software = Files.exists(Path.of(System.getProperty("greg.cuda.simulator", ""), "libcuda.so.1"));
        if (software) assertTrue(output.contains("cuda: CUDA: " + why), output);
        assertTrue(output.contains("reference: null"), output);
        assertTrue(output.contains("auto: " + "reference"), output);
        assertEquals(4, output.lines().count(), output);
        assertFalse(Files.exists(file.resolve("tmp")));
    }
}
