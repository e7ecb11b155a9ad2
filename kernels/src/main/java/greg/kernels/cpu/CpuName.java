package greg.kernels.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The processor's usual name. */
final class CpuName {
    private CpuName() {}

    /** The model name that Linux gives, elsewhere what the environment or the JVM knows. */
    static String get() {
        Path info = Path.of("/proc/cpuinfo");
        if (Files.isReadable(info)) {
            try (var lines = Files.lines(info)) {
                var model = lines.filter(line -> line.startsWith("model name"))
                        .map(line -> line.substring(line.indexOf(':') + 1).trim())
                        .findFirst();
                if (model.isPresent()) return model.get();
            } catch (IOException e) {
                // the name is only for show: what follows is good enough
            }
        }
        String identifier = System.getenv("PROCESSOR_IDENTIFIER");
        return identifier != null ? identifier : System.getProperty("os.arch");
    }
}
