package greg.kernels.cuda;

import greg.kernels.natives.NativeFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Loads the native halves of JCuda's classes. By default JCuda extracts them into the shared temporary folder and loads whatever
 * file of the right name is already there, even one of another version or owner; here into a folder of this process.
 */
final class JCudaNatives {
    private static final String PROPERTY = "java.io.tmpdir";

    private JCudaNatives() {}

    /** Runs what initialises a JCuda class; its native library is extracted into the private folder and loaded from there. */
    static synchronized void load(Runnable initialiser) {
        Path folder = NativeFolder.ofProcess();
        String shared = System.getProperty(PROPERTY);
        // JCuda reads the property at the moment when it extracts
        System.setProperty(PROPERTY, folder.toString());
        try {
            initialiser.run();
        } finally {
            System.setProperty(PROPERTY, shared);
        }
    }

    /** Puts a file there that JCuda is to take instead of its own of this name. */
    static synchronized void put(String name, byte[] content) {
        Path file = NativeFolder.ofProcess().resolve(name);
        try {
            Files.write(file, content, StandardOpenOption.CREATE_NEW);
        } catch (IOException e) {
            throw new UncheckedIOException("cuda: writing " + file + " failed", e);
        }
    }
}
