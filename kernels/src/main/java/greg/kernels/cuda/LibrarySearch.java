package greg.kernels.cuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folders in which NVIDIA's libraries may lie, in the order in which they are searched:
 *
 * <ol>
 *   <li>those of system property {@value CudaLibraries#PROPERTY}, separated as in a class path;
 *   <li>{@code LD_LIBRARY_PATH};
 *   <li>{@code CUDA_HOME} and {@code CUDA_PATH}: {@code lib64}, {@code lib};
 *   <li>{@code /usr/local/cuda*}, the one called {@code cuda} first, then from the newest to the oldest;
 *   <li>where distributions and containers put them, and what {@code /etc/ld.so.conf.d} lists;
 *   <li>the packages {@code nvidia/...} of Python: of {@code PYTHONPATH}, of the active environment ({@code VIRTUAL_ENV},
 *       {@code CONDA_PREFIX}), of every {@code python3} on {@code PATH}, and of the user.
 * </ol>
 *
 * <p>A function of the property, the environment and the file system alone.
 */
final class LibrarySearch {
    private static final List<String> USUAL_LINUX = List.of(
            "usr/lib/x86_64-linux-gnu",
            "usr/lib64",
            "usr/lib",
            "usr/lib/wsl/lib",
            "usr/local/nvidia/lib64",
            "usr/local/cuda/compat",
            "run/opengl-driver/lib");
    private static final Pattern NUMBER = Pattern.compile("\\d+");

    private final String property;
    private final UnaryOperator<String> environment;
    private final Path root;
    private final boolean windows;
    private final String separator;
    private final List<Path> folders;

    /**
     * A search.
     *
     * @param property the folders that come first, or null
     * @param environment the value of a variable, or null
     * @param root where the absolute paths of this class begin: {@code /}, or {@code C:\}
     * @param windows whether to look where Windows has libraries
     */
    LibrarySearch(String property, UnaryOperator<String> environment, Path root, boolean windows) {
        this.property = property;
        this.environment = environment;
        this.root = root;
        this.windows = windows;
        separator = windows ? ";" : ":";
        folders = search();
    }

    /** All files of this name, best first; the same file is not named twice. */
    List<Path> find(String fileName) {
        Map<Path, Path> files = new LinkedHashMap<>();
        for (Path folder : folders) {
            Path file = folder.resolve(fileName);
            if (Files.isRegularFile(file)) files.putIfAbsent(real(file), file);
        }
        return List.copyOf(files.values());
    }

    /** The folders that exist; one that is reached in two ways is named once. */
    List<Path> folders() {
        return folders;
    }

    private List<Path> search() {
        List<Path> all = new ArrayList<>();
        split(property).forEach(all::add);
        split(environment.apply("LD_LIBRARY_PATH")).forEach(all::add);
        for (String name : new String[] {"CUDA_HOME", "CUDA_PATH"}) {
            split(environment.apply(name)).forEach(toolkit -> addToolkit(all, toolkit));
        }
        children(root.resolve("usr/local"), "cuda*").forEach(toolkit -> addToolkit(all, toolkit));
        if (windows) all.add(root.resolve("Windows").resolve("System32"));
        else {
            USUAL_LINUX.forEach(folder -> all.add(root.resolve(folder)));
            addConfigured(all);
        }
        addPython(all);
        Map<Path, Path> existing = new LinkedHashMap<>();
        for (Path folder : all) {
            if (Files.isDirectory(folder)) existing.putIfAbsent(real(folder), folder.toAbsolutePath());
        }
        return List.copyOf(existing.values());
    }

    private void addToolkit(List<Path> all, Path toolkit) {
        for (String name : windows ? List.of("bin", "bin/x64") : List.of("lib64", "lib")) {
            all.add(toolkit.resolve(name));
        }
    }

    /** What the loader searches; drivers are put there in folders of their own. */
    private void addConfigured(List<Path> all) {
        for (Path list : children(root.resolve("etc/ld.so.conf.d"), "*.conf")) {
            try (Stream<String> lines = Files.lines(list)) {
                lines.map(String::strip)
                        .filter(line -> line.startsWith("/"))
                        .forEach(line -> all.add(root.resolve(line.substring(1))));
            } catch (IOException | UncheckedIOException unreadable) {
                // as for folders that are not there
            }
        }
    }

    private void addPython(List<Path> all) {
        split(environment.apply("PYTHONPATH")).forEach(packages -> addPackages(all, packages));
        Set<Path> prefixes = new LinkedHashSet<>();
        split(environment.apply("VIRTUAL_ENV")).forEach(prefixes::add);
        for (Path conda : split(environment.apply("CONDA_PREFIX")).toList()) {
            prefixes.add(conda);
            all.add(conda.resolve("lib")); // conda's own packages of these libraries are not below Python's
        }
        for (Path folder : split(environment.apply("PATH")).toList()) {
            Path python = folder.resolve(windows ? "python.exe" : "python3");
            if (!Files.isRegularFile(python)) continue;
            prefixes.add(windows ? folder : folder.toAbsolutePath().getParent());
            // an environment's python3 is a link to that of the installation that it was made from
            Path installation = real(python).getParent();
            prefixes.add(windows ? installation : installation.getParent());
        }
        split(environment.apply("HOME")).map(home -> home.resolve(".local")).forEach(prefixes::add);
        for (Path prefix : prefixes) {
            if (prefix == null) continue;
            if (windows) addPackages(all, prefix.resolve("Lib/site-packages"));
            for (String lib : List.of("lib", "lib64", "local/lib")) {
                for (Path version : children(prefix.resolve(lib), "python3*")) {
                    addPackages(all, version.resolve("site-packages"));
                    addPackages(all, version.resolve("dist-packages"));
                }
            }
        }
    }

    /** {@code nvidia/cudnn/lib}, {@code nvidia/cublas/lib} and so on for CUDA 12, {@code nvidia/cu13/lib} for CUDA 13. */
    private void addPackages(List<Path> all, Path packages) {
        for (Path part : children(packages.resolve("nvidia"), "*")) {
            all.add(part.resolve(windows ? "bin" : "lib"));
        }
    }

    private Stream<Path> split(String list) {
        if (list == null) return Stream.empty();
        return Stream.of(list.split(separator))
                .filter(folder -> !folder.isBlank())
                .map(Path::of);
    }

    /** What has these names in a folder, from the highest to the lowest version; those without a number first, by name. */
    private static List<Path> children(Path folder, String glob) {
        List<Path> found = new ArrayList<>();
        if (!Files.isDirectory(folder)) return found;
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, glob)) {
            stream.forEach(found::add);
        } catch (IOException | UncheckedIOException unreadable) {
            return List.of(); // as for a folder that is not there
        }
        found.sort(Comparator.comparing(LibrarySearch::version).reversed().thenComparing(path -> path.getFileName()
                .toString()));
        return found;
    }

    /** The first two numbers in a name as one, or more than any if there is none. */
    private static long version(Path path) {
        long[] numbers = NUMBER.matcher(path.getFileName().toString())
                .results()
                .mapToLong(number -> Long.parseLong(number.group()))
                .limit(2)
                .toArray();
        if (numbers.length == 0) return Long.MAX_VALUE;
        return numbers[0] * 1000 + (numbers.length > 1 ? numbers[1] : 0);
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException gone) {
            return path.toAbsolutePath().normalize();
        }
    }
}
