package greg.pruning.run;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;

/** Which greg this is, from the manifest of its jar; "development" when run from class files. */
public final class Version {
    private static final String UNKNOWN = "unknown";

    /** The version, e.g. {@code 0.1.0}. */
    public static String number() {
        return attribute("Implementation-Version", "development");
    }

    /** The commit it was built from, or {@code unknown}. */
    public static String commit() {
        return attribute("Implementation-Commit", UNKNOWN);
    }

    private static String attribute(String name, String fallback) {
        try {
            File archive = new File(Version.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            if (!archive.isFile()) return fallback;
            try (JarFile jar = new JarFile(archive)) {
                Manifest manifest = jar.getManifest();
                Attributes main = manifest == null ? new Attributes() : manifest.getMainAttributes();
                String value = main.getValue(name);
                return value == null || value.isBlank() || value.startsWith("$") ? fallback : value;
            }
        } catch (IOException | URISyntaxException | IllegalArgumentException e) {
            return fallback; // only a label: a jar that runs but cannot be opened as a file has none
        }
    }

    /** For people: version, commit and JVM. */
    public static String text() {
        return "greg " + number() + " (commit " + commit() + ", Java " + System.getProperty("java.version") + ")";
    }
}
