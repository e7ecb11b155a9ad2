package greg.pruning.cli;

import greg.datasets.Datasets;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.io.Checkpoint;
import greg.nn.io.Safetensors;
import greg.nn.onnx.OnnxFile;
import greg.pruning.run.NetworkSpec;
import greg.pruning.run.TrainedOn;
import greg.pruning.run.UsageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code greg export}: a network for other programs. */
@Command(
        name = "export",
        description = {
            "Writes a network for other programs: as ONNX (operator set " + OnnxFile.OPSET
                    + "; input float (N, C, H, W) of any N, output logits (N, classes)), or its plain weights as"
                    + " safetensors under PyTorch's names.",
            "The images that it expects are normalised as in training; the file's metadata have mean and std."
        })
final class ExportCommand implements Callable<Integer> {
    private static final String ONNX = ".onnx";
    private static final String SAFETENSORS = ".safetensors";

    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Mixin
    private ArchOptions arch;

    @Parameters(
            arity = "0..1",
            paramLabel = "RUN",
            description = "Run folder or file of weights, the same as with --weights.")
    private Path run;

    @Option(
            names = "--to",
            required = true,
            paramLabel = "FILE",
            description = "File to write; its name ends with " + ONNX + " or " + SAFETENSORS + ".")
    private Path to;

    @Option(
            names = "--fold-bn",
            description = "In ONNX, make batch normalization part of the convolution before it."
                    + " Default: ${DEFAULT-VALUE}.")
    private boolean foldBatchNorm;

    @Option(
            names = "--dataset",
            paramLabel = "NAME",
            description = "Data set whose image size and classes a file that greg has not written is for; its files are"
                    + " not read. Default: none.")
    private String dataset;

    @Option(names = "--force", description = "Overwrite the file if it is there. Default: ${DEFAULT-VALUE}.")
    private boolean force;

    @Override
    public Integer call() {
        check();
        arch.check();
        Console console = Console.of(spec);
        Checkpoint checkpoint = arch.read(console);
        if (isSource(checkpoint.file())) {
            throw new UsageException("--to " + to + " is the file that is exported; name another");
        }
        NetworkSpec networkSpec = networkSpec(checkpoint, console);
        try (Backend backend = Backends.open("auto", BackendOptions.standard());
                NnModule network = networkSpec.load(backend, checkpoint)) {
            write(networkSpec, network, TrainedOn.read(checkpoint));
        }
        console.out().println(checkpoint.file() + " as " + to);
        return 0;
    }

    private void check() {
        if (run != null && arch.weights != null) {
            throw new UsageException("--weights and RUN name the same thing; leave one of them out");
        }
        if (run != null) arch.weights = run;
        if (arch.weights == null) throw new UsageException("expected a run folder or a file of weights to export");
        if (!onnx() && !to.toString().toLowerCase(Locale.ROOT).endsWith(SAFETENSORS)) {
            throw new UsageException("--to " + to + ": expected a name that ends with " + ONNX + " or " + SAFETENSORS);
        }
        if (foldBatchNorm && !onnx()) {
            throw new UsageException("--fold-bn is for ONNX; in safetensors every tensor keeps its name and value");
        }
        if (Files.exists(to) && !force) {
            throw new UsageException("--to " + to + " exists; name another file, or overwrite it with --force");
        }
        if (dataset != null) DataOptions.checkShaped(dataset);
    }

    private boolean isSource(Path file) {
        try {
            return Files.exists(to) && Files.isSameFile(to, file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean onnx() {
        return to.toString().toLowerCase(Locale.ROOT).endsWith(ONNX);
    }

    private NetworkSpec networkSpec(Checkpoint checkpoint, Console console) {
        if (dataset != null) {
            DataOptions.warnOfOther(checkpoint, dataset, console);
            return NetworkSpec.of(checkpoint, arch.arch, Datasets.shape(dataset));
        }
        if (NetworkSpec.isOurs(checkpoint)) return NetworkSpec.stored(checkpoint, arch.arch);
        throw new UsageException(
                checkpoint.file() + " does not say for which images its network is; give --arch and --dataset");
    }

    private void write(NetworkSpec networkSpec, NnModule network, TrainedOn images) {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("architecture", networkSpec.arch());
        metadata.put(NetworkSpec.PRODUCER, NetworkSpec.GREG);
        if (images != null) metadata.putAll(images.metadata());
        if (onnx()) {
            int side = networkSpec.imageSize();
            OnnxFile.write(to, network, networkSpec.channels(), side, side, foldBatchNorm, metadata);
        } else {
            metadata.put("format", "pt"); // without it some readers of PyTorch's world refuse the file
            Safetensors.write(to, StateDict.of(network), metadata);
        }
    }
}
