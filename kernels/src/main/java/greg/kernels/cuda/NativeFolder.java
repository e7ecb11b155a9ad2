package greg.kernels.cuda;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A private folder of this process into which JCuda extracts its native libraries. By default JCuda uses the shared
 * temporary folder and loads whatever file of the right name is already there, even one of another version or owner.
 */
final class NativeFolder {
    private static final String PROPERTY = "java.io.tmpdir";
    private static Path folder;

    private NativeFolder() {}

    /**
     * Runs what initialises a JCuda class; its native library is extracted into the private folder and loaded from there.
     */
    static synchronized void load(Runnable initialiser) {
        String shared = System.getProperty(PROPERTY);
        // JCuda reads the property at the moment when it extracts
        System.setProperty(PROPERTY, folder().toString());
        try {
            initialiser.run();
        } finally {
            System.setProperty(PROPERTY, shared);
        }
    }

    /** Puts a file there that JCuda is to take instead of its own of this name. */
    static synchronized void put(String name, byte[] content) {
        Path file = folder().resolve(name);
        try {
            Files.write(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException("cuda: writing " + file + " failed", e);
        }
    }

    private static Path folder() {
        if (folder == null) {
            try {
                folder = Files.createTempDirectory("greg-jcuda-");
            } catch (IOException e) {
                throw new UncheckedIOException(
                        "cuda: no folder for JCuda's native libraries in " + System.getProperty(PROPERTY)
                                + "; set -Djava.io.tmpdir to one that can be written",
                        e);
            }
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder.toFile()), "greg-jcuda-cleanup"));
        }
        return folder;
    }

    private static void delete(File root) {
        File[] files = root.listFiles();
        if (files != null) {
            for (File file : files) delete(file);
        }
        // what cannot be deleted stays in the temporary folder: nothing can be done about it here
        root.delete();
    }
}
