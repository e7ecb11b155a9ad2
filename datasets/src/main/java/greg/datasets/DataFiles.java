package greg.datasets;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** Finding and reading the files of a data set, with errors that say where they were looked for and what to do. */
final class DataFiles {

    private static final String GZ = ".gz";

    /** Photographs and digits shrink to a fifth or so; what shrinks to a thousandth is made to fill the memory. */
    private static final int MAX_EXPANSION = 100;

    private static final long ALWAYS_ALLOWED = 1 << 20;

    private DataFiles() {}

    /** Where data sets are put when they are fetched, and where they are looked for when no folder is given. */
    static Path home() {
        String chosen = System.getProperty("greg.data", System.getenv("GREG_DATA"));
        return chosen != null && !chosen.isBlank()
                ? Path.of(chosen)
                : Path.of(System.getProperty("user.home"), ".greg", "data");
    }

    /**
     * The first folder that holds all files, each as named or with {@code .gz} after it.
     *
     * @param name data set, for the message
     * @param folders where to look, in order
     * @param files names expected
     * @throws DatasetException if none does
     */
    static Path locate(String name, List<Path> folders, List<String> files) {
        for (Path folder : folders) {
            if (missing(folder, files).isEmpty()) {
                return folder;
            }
        }
        List<String> searched = new ArrayList<>();
        for (Path folder : folders) {
            if (!Files.isDirectory(folder)) {
                searched.add(folder + " (no such folder)");
                continue;
            }
            List<String> missing = missing(folder, files);
            searched.add(
                    folder + (missing.size() == files.size() ? " (none of them)" : " (lacks " + join(missing) + ")"));
        }
        throw new DatasetException(
                name + ": data files not found; expected " + join(files) + "; searched " + String.join(", ", searched)
                        + "; run `" + fetch(name) + "` or name their folder with the setting data");
    }

    /** The call that downloads a data set, for messages. */
    static String fetch(String name) {
        return "Source.of(\"" + name + "\").fetch(folder, download)";
    }

    private static List<String> missing(Path folder, List<String> files) {
        List<String> missing = new ArrayList<>();
        for (String file : files) {
            if (!Files.isRegularFile(folder.resolve(file)) && !Files.isRegularFile(folder.resolve(file + GZ))) {
                missing.add(file);
            }
        }
        return missing;
    }

    private static String join(List<String> names) {
        return String.join(", ", names);
    }

    /** All bytes of a file that lies in the folder as named or with {@code .gz} after it. */
    static byte[] read(Path folder, String file) {
        Path plain = folder.resolve(file);
        boolean packed = !Files.isRegularFile(plain);
        Path path = packed ? folder.resolve(file + GZ) : plain;
        try (InputStream in = Files.newInputStream(path)) {
            return packed ? unzip(in, MAX_EXPANSION * Files.size(path) + ALWAYS_ALLOWED) : in.readAllBytes();
        } catch (IOException e) {
            throw new DatasetException(path + ": cannot be read (" + reason(e) + "); download it again", e);
        } catch (OutOfMemoryError e) {
            throw new DatasetException(path + ": does not fit into memory; give the JVM more with -Xmx", e);
        }
    }

    /** All bytes of a gzip stream, which are at most {@code limit}. */
    static byte[] unzip(InputStream in, long limit) throws IOException {
        try (GZIPInputStream unzipped = new GZIPInputStream(in, 1 << 16)) {
            byte[] bytes = unzipped.readNBytes((int) Math.min(limit + 1, Integer.MAX_VALUE));
            if (bytes.length > limit) throw new IOException("it unpacks to more than " + limit + " bytes");
            return bytes;
        }
    }

    /** An I/O error in one line: some carry no message at all. */
    static String reason(IOException e) {
        String kind = e.getClass().getSimpleName();
        return e.getMessage() == null ? kind : kind + ": " + e.getMessage().replaceAll("\\s*\\R\\s*", " ");
    }
}
