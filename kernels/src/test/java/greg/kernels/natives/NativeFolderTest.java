package greg.kernels.natives;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeFolderTest {
    @TempDir
    Path home;

    @BeforeEach
    void filesHaveModes() throws IOException {
        boolean posix = home.getFileSystem().supportedFileAttributeViews().contains("posix");
        Assumptions.assumeTrue(posix, "SKIPPED: files have no owner and mode here");
        home = home.toRealPath();
        mode(home, "rwxr-xr-x");
    }

    private static void mode(Path file, String mode) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    private void refused(Path culprit, String why) {
        IOException e = assertThrows(IOException.class, () -> NativeFolder.inHome(home.toString()));
        assertTrue(e.getMessage().contains(culprit + " " + why), e.getMessage());
    }

    @Test
    void isMadeForItsOwnerAloneAndFoundAgain() throws IOException {
        Path folder = NativeFolder.inHome(home.toString());
        assertEquals(home.resolve(".greg").resolve("natives"), folder);
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)));
        Files.createFile(folder.resolve("library"));
        assertEquals(folder, NativeFolder.inHome(home.toString()));
        assertTrue(Files.exists(folder.resolve("library")));
    }

    @Test
    void aFolderThatOthersCanEnterIsRefused() throws IOException {
        Path folder = NativeFolder.inHome(home.toString());
        mode(folder, "rwxr-x---");
        refused(folder, "is open to others: rwxr-x---");
    }

    @Test
    void aHomeInWhichOthersCanPutAnotherFolderIsRefused() throws IOException {
        NativeFolder.inHome(home.toString());
        mode(home, "rwxr-xrwx");
        refused(home, "is open to others: rwxr-xrwx");
    }

    /** As it is made where new folders are open to the user's group. */
    @Test
    void anOpenFolderOfGregsIsClosed() throws IOException {
        Path folder = NativeFolder.inHome(home.toString());
        mode(folder.getParent(), "rwxrwxrwx");
        assertEquals(folder, NativeFolder.inHome(home.toString()));
        assertEquals("rwxr-xr-x", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.getParent())));
    }

    @Test
    void aLinkIsRefused() throws IOException {
        Path elsewhere = Files.createDirectory(home.resolve("elsewhere"));
        Path link = Files.createSymbolicLink(home.resolve(".greg"), elsewhere);
        refused(link, "is not a folder");
    }

    @Test
    void aFolderOfAnotherUserIsRefused() throws IOException {
        Path folder = NativeFolder.inHome(home.toString());
        boolean root = Files.getAttribute(folder, "unix:uid").equals(0);
        // others may not give files away; which owner a folder has is read in the same way as its mode
        Assumptions.assumeTrue(root, "SKIPPED: only root can give a folder to another user");
        Files.setAttribute(folder, "unix:uid", 65_534);
        refused(folder, "belongs to ");
        Files.setAttribute(folder, "unix:uid", 0);
        Files.setAttribute(folder.getParent(), "unix:uid", 65_534);
        refused(folder.getParent(), "belongs to ");
    }

    @Test
    void noHomeIsRefused() {
        for (String none : new String[] {"", "?", "/nonexistent", "\0"}) {
            IOException e = assertThrows(IOException.class, () -> NativeFolder.inHome(none));
            assertEquals("there is no home '" + none + "'", e.getMessage());
        }
    }
}
