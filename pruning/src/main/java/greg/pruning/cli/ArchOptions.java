package greg.pruning.cli;

import greg.nn.io.Checkpoint;
import greg.nn.model.Networks;
import greg.pruning.graph.NearestName;
import greg.pruning.run.NetworkSpec;
import greg.pruning.run.UsageException;
import java.nio.file.Path;
import java.util.Iterator;
import picocli.CommandLine.Option;

/** Which network, and which weights. */
@HelpGroup(HelpGroup.Heading.NETWORK)
final class ArchOptions {
    /** For {@code ${COMPLETION-CANDIDATES}}. */
    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Networks.names().iterator();
        }
    }

    @Option(
            names = {"-a", "--arch"},
            paramLabel = "NAME",
            completionCandidates = Names.class,
            description = "Architecture: ${COMPLETION-CANDIDATES}; or the name of a class of your own that extends"
                    + " NnModule, see --class-path. Default: the one that --weights names; without --weights, see the"
                    + " command.")
    String arch;

    @Option(
            names = ClassPath.FLAG,
            paramLabel = "JAR",
            description = "Jars and folders with classes of your own networks, separated as in Java's class path. Their"
                    + " code runs with your rights; greg never loads any because a file names it. Default: none.")
    private String classPath;

    @Option(
            names = {"--weights", "--base-model-path"},
            paramLabel = "FILE",
            description =
                    "Weights: .safetensors, PyTorch's .pth, .pt, .th or .tar, or a run folder, whose best network is"
                            + " taken. Default: none.")
    Path weights;

    @Option(
            names = "--allow-nonfinite",
            description =
                    "Take weights that are NaN or infinite, and running variances below 0, to look at a network that"
                            + " diverged. Default: ${DEFAULT-VALUE}.")
    private boolean allowNonfinite;

    /** What {@code --weights} names, or null; says which network of a run folder that is. */
    Checkpoint read(Console console) {
        return weights == null ? null : NetworkSpec.read(weights, allowNonfinite, console);
    }

    /** Refuses an unknown architecture, and a flag for weights where there are none. */
    void check() {
        if (allowNonfinite && weights == null) {
            throw new UsageException("--allow-nonfinite: no weights are read without --weights; leave it out");
        }
        if (arch == null) return;
        try {
            if (Networks.isKnown(arch)) return;
        } catch (IllegalArgumentException e) {
            throw new UsageException("--arch: " + e.getMessage());
        }
        if (arch.indexOf('.') > 0) {
            throw new UsageException("--arch: there is no class " + arch
                    + (classPath == null
                            ? "; name its jar with " + ClassPath.FLAG
                            : " in " + ClassPath.FLAG + " " + classPath));
        }
        throw new UsageException("--arch: unknown architecture '" + arch + "'"
                + NearestName.hint(arch, Networks.names()) + "; known are "
                + String.join(", ", Networks.names()) + ", and classes in " + ClassPath.FLAG);
    }
}
