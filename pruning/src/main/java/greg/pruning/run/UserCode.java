package greg.pruning.run;

import greg.kernels.dry.DryBackend;
import greg.nn.NnModule;
import greg.nn.io.Sha256;
import greg.nn.model.Networks;
import greg.tensor.NoGrad;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import java.util.stream.Stream;

/**
 * The code of a network that is not greg's, as {@code config.json} records it, so that a run is resumed with the same.
 *
 * @param file the jar with the network's class, or the folder of classes
 * @param sha256 of the jar, or of all classes in the folder
 */
public record UserCode(String file, String sha256) {
    /** That of a network, or null if the network is greg's or its code has no file. */
    static UserCode of(String arch) {
        if (Networks.isOurs(arch)) return null;
        CodeSource source = Networks.userCode(arch).getProtectionDomain().getCodeSource();
        if (source == null || source.getLocation() == null) return null;
        try {
            Path file = Path.of(source.getLocation().toURI());
            return new UserCode(
                    file.toString(),
                    Files.isDirectory(file) ? classes(file) : FileSums.of(file).hex());
        } catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException e) {
            return null; // not a file of this machine
        }
    }

    /** The folder may hold anything else, runs among them. */
    private static String classes(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            List<Path> classes = all.filter(f -> f.toString().endsWith(".class") && Files.isRegularFile(f))
                    .sorted()
                    .toList();
            Sha256 sum = new Sha256();
            for (Path file : classes) {
                String name = folder.relativize(file).toString().replace('\\', '/');
                sum.add(FileSums.of(file).hex() + " " + name + "\n");
            }
            return sum.hex();
        } catch (IOException e) {
            throw new RunException(folder + " cannot be read (" + RunException.reason(e) + ")", e);
        }
    }

    /**
     * Refuses a network that is not greg's and does not give a score for each class of such images, before anything is done with
     * it.
     */
    static void tryOut(NetworkSpec spec) {
        if (Networks.isOurs(spec.arch())) return;
        Shape scores = Shape.of(1, spec.classes());
        try (DryBackend dry = new DryBackend();
                NnModule network = spec.full().build(dry);
                NnModule.Evaluation evaluation = network.evaluating();
                Scope scope = Scope.open();
                NoGrad off = NoGrad.begin()) {
            Shape output = forward(spec, network, scope.own(Tensor.full(dry, spec.image(), 0)));
            if (output.equals(scores)) return;
            throw new IllegalArgumentException("network " + spec.arch() + ": expected " + scores + " for an image "
                    + spec.image() + ", a score for each class of the data set, got " + output);
        }
    }

    private static Shape forward(NetworkSpec spec, NnModule network, Tensor image) {
        try {
            return network.call(image).shape();
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            String reason = e instanceof IllegalArgumentException ? e.getMessage() : e.toString();
            throw new IllegalArgumentException(
                    "network " + spec.arch() + ": cannot compute an image " + spec.image() + ": " + reason, e);
        }
    }
}
