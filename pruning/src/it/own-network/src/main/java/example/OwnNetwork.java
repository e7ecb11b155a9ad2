package example;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.Module;
import greg.nn.StateDict;
import greg.nn.init.Initializer;
import greg.nn.init.Scheme;
import greg.nn.io.Safetensors;
import greg.nn.layer.Conv2d;
import greg.nn.layer.Linear;
import greg.nn.optim.Sgd;
import greg.nn.train.Metrics;
import greg.nn.train.TrainStep;
import greg.tensor.NoGrad;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.FlattenOp;
import greg.tensor.op.ReluOp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;

/** Trains a network of its own and saves it with its logits (save), or loads it and compares the logits (load). */
public final class OwnNetwork extends Module {
    private static final int BATCH = 16;
    private final Conv2d conv = child("conv", new Conv2d(backend(), 3, 16, 3, 1, 1, true));
    private final Linear fc = child("fc", new Linear(backend(), 16 * 8 * 8, 10, true));

    private OwnNetwork(Backend backend) {
        super(backend);
    }

    @Override
    public Tensor forward(Tensor x) {
        return fc.forward(FlattenOp.apply(ReluOp.apply(conv.forward(x))));
    }

    public static void main(String[] args) throws Exception {
        Path weights = Path.of(args[1] + ".safetensors");
        Path answers = Path.of(args[1] + ".logits");
        try (Backend backend = Backends.open("auto", BackendOptions.standard());
                OwnNetwork network = new OwnNetwork(backend)) {
            if (args[0].equals("save")) {
                train(network);
                Safetensors.write(weights, StateDict.of(network), Map.of());
                Files.writeString(answers, logits(network));
                return;
            }
            Safetensors.read(weights).state().loadInto(network);
            if (logits(network).equals(Files.readString(answers))) return;
            throw new AssertionError("the loaded network answers " + logits(network) + ", saved " + answers);
        }
    }

    private static void train(OwnNetwork network) {
        Initializer.initialize(network, Scheme.KAIMING_NORMAL, 0);
        try (Metrics metrics = new Metrics(network.backend());
                Sgd sgd = new Sgd(network, 0.9f, 0)) {
            sgd.learningRate(0.05f);
            int[] labels = new Random(1).ints(BATCH, 0, 10).toArray();
            for (int step = 0; step < 10; step++) {
                try (Scope scope = Scope.open()) {
                    Tensor y = scope.own(Tensor.ofInts(network.backend(), Shape.of(BATCH), labels));
                    new TrainStep(network, sgd, metrics).run(images(network.backend(), scope), y);
                }
            }
        }
    }

    private static String logits(OwnNetwork network) {
        try (Scope scope = Scope.open();
                NoGrad off = NoGrad.begin()) {
            return Arrays.toString(
                    network.forward(images(network.backend(), scope)).toHost());
        }
    }

    private static Tensor images(Backend backend, Scope scope) {
        float[] pixels = new float[BATCH * 3 * 8 * 8];
        Random random = new Random(2);
        for (int i = 0; i < pixels.length; i++) pixels[i] = random.nextFloat();
        return scope.own(Tensor.of(backend, Shape.of(BATCH, 3, 8, 8), pixels));
    }
}
