package greg.kernels.natives;

import greg.kernels.KernelException;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;

/**
 * Folders for native libraries in which only this user can have written. A library that is loaded runs with all rights of the
 * user, and the libraries' own loaders take what lies in folders of the temporary directory whose names anybody can foresee.
 */
public final class NativeFolder {
    private static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> WRITE =
            Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);
    private static final String TEMPORARY = "java.io.tmpdir";

    private static Path kept;
    private static Path ofProcess;

    private NativeFolder() {}

    /**
     * {@code .greg/natives} in the user's home, which the next process finds again; if others can write there or nobody can,
     * {@link #ofProcess()}.
     *
     * @throws KernelException if there is no place for either; says why and what to do
     */
    public static synchronized Path kept() {
        if (kept == null) {
            try {
                kept = inHome(System.getProperty("user.home", ""));
            } catch (IOException unusable) {
                kept = ofProcess();
            }
        }
        return kept;
    }

    /**
     * A new folder in the temporary directory, or if that cannot be written in the home; deleted when the process ends.
     *
     * @throws KernelException if there is no place for it; says why and what to do
     */
    public static synchronized Path ofProcess() {
        if (ofProcess == null) {
            Path created = create(Path.of(System.getProperty(TEMPORARY, "")).toAbsolutePath());
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(created.toFile()), "greg-natives-cleanup"));
            ofProcess = created;
        }
        return ofProcess;
    }

    /** Makes JavaCPP and JNA unpack into {@link #kept()}, unless the user chose a folder; to be called before either starts. */
    public static void useForLoaders() {
        for (String property : new String[] {"org.bytedeco.javacpp.cachedir", "jna.tmpdir"}) {
            if (System.getProperty(property) == null) {
                System.setProperty(property, kept().toString());
            }
        }
    }

    private static Path create(Path temporary) {
        try {
            // open to its owner alone, under a name that nobody can foresee
            return Files.createTempDirectory(temporary, "greg-natives-");
        } catch (IOException e) {
            try {
                return Files.createTempDirectory(inHome(System.getProperty("user.home", "")), "process-");
            } catch (IOException inHome) {
                throw new KernelException(
                        "no folder for native libraries: " + inHome.getMessage() + ", and " + temporary
                                + " cannot be written; name a folder that only you can write with -D" + TEMPORARY
                                + "=...",
                        e);
            }
        }
    }

    /**
     * The folder in this home, made if it is not there.
     *
     * @throws IOException if it cannot be written, or somebody else could have written in it; says why
     */
    static Path inHome(String home) throws IOException {
        Path real = real(home);
        Path own = existing(real.resolve(".greg"));
        Path folder = existing(own.resolve("natives"));
        UserPrincipal user = writer(folder);
        if (!posix(folder)) return folder;
        for (Path each : new Path[] {real, own, folder}) {
            UserPrincipal owner = Files.getOwner(each, LinkOption.NOFOLLOW_LINKS);
            if (!owner.equals(user)) {
                throw new IOException(each + " belongs to " + owner.getName() + ", not to " + user.getName());
            }
            Set<PosixFilePermission> mode = Files.getPosixFilePermissions(each, LinkOption.NOFOLLOW_LINKS);
            if (each.equals(own) && writableByOthers(mode)) {
                // made by greg itself where new folders are open to the group; what is in natives is checked below
                mode.removeAll(WRITE);
                Files.setPosixFilePermissions(each, mode);
            }
            // what is made inside the folder may have any mode: nobody else may enter it
            boolean open = each.equals(folder) ? !PRIVATE.containsAll(mode) : writableByOthers(mode);
            if (open) throw new IOException(each + " is open to others: " + PosixFilePermissions.toString(mode));
        }
        return folder;
    }

    private static Path real(String home) throws IOException {
        try {
            Path path = Path.of(home);
            if (path.isAbsolute()) return path.toRealPath();
        } catch (IOException | InvalidPathException e) {
            // reported below: it is not there, or not a name at all
        }
        throw new IOException("there is no home '" + home + "'");
    }

    private static Path existing(Path folder) throws IOException {
        FileAttribute<?>[] mode = posix(folder)
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PRIVATE)}
                : new FileAttribute<?>[0];
        try {
            return Files.createDirectory(folder, mode);
        } catch (FileAlreadyExistsException e) {
            if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) return folder;
            throw new IOException(folder + " is not a folder", e);
        } catch (IOException e) {
            throw new IOException(folder + " cannot be created", e);
        }
    }

    /** Whom a file belongs to that this process makes, which says more than the user's name. */
    private static UserPrincipal writer(Path folder) throws IOException {
        Path probe;
        try {
            probe = Files.createTempFile(folder, "owner-", null);
        } catch (IOException e) {
            throw new IOException(folder + " cannot be written", e);
        }
        try {
            return posix(folder) ? Files.getOwner(probe) : null;
        } finally {
            Files.delete(probe);
        }
    }

    private static boolean writableByOthers(Set<PosixFilePermission> mode) {
        return mode.contains(PosixFilePermission.GROUP_WRITE) || mode.contains(PosixFilePermission.OTHERS_WRITE);
    }

    private static boolean posix(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    private static void delete(File root) {
        File[] files = Files.isSymbolicLink(root.toPath()) ? null : root.listFiles();
        if (files != null) {
            for (File file : files) delete(file);
        }
        // what cannot be deleted, such as a library in use on Windows, stays: nothing can be done about it here
        root.delete();
    }
}
