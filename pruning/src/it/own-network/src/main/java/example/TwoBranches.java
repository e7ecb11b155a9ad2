package example;

import greg.datasets.DataSplit;
import greg.datasets.Datasets;
import greg.kernels.Backend;
import greg.kernels.Backends;
import greg.kernels.spec.Conv2dOptions;
import greg.nn.Initializer;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.layer.Conv2d;
import greg.nn.layer.Linear;
import greg.nn.train.Evaluator;
import greg.nn.train.TrainData;
import greg.nn.train.Trainer;
import greg.pruning.Pruned;
import greg.pruning.Pruner;
import greg.pruning.growth.GregConfig;
import greg.pruning.surgery.PruningPlan;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.AddOp;
import greg.tensor.op.ConcatOp;
import greg.tensor.op.Conv2dOp;
import greg.tensor.op.GlobalAveragePoolOp;
import greg.tensor.op.ReluOp;
import java.nio.file.Path;
import java.util.Arrays;

public final class TwoBranches extends NnModule {
    private static final Conv2dOptions SAME = Conv2dOptions.DEFAULT.padding(1);
    private final Conv2d stem = child("stem", new Conv2d(backend(), 1, 16, 3, SAME.stride(2)));
    private final Conv2d left = child("left", new Conv2d(backend(), 16, 12, 3, SAME));
    private final Conv2d right = child("right", new Conv2d(backend(), 16, 20, 3, SAME));
    private final Parameter kernel = parameter("kernel", Shape.of(32, 32, 3, 3)); // not called weight
    private final Conv2d project = child("project", new Conv2d(backend(), 16, 32, 1, Conv2dOptions.DEFAULT));
    private final Linear classes = child("classes", new Linear(backend(), 32, 10, true));

    TwoBranches(Backend backend) {
        super(backend);
    }

    @Override
    public Tensor forward(Tensor x) {
        Tensor y = ReluOp.apply(stem.forward(x));
        Tensor both = ConcatOp.apply(ReluOp.apply(left.forward(y)), ReluOp.apply(right.forward(y)));
        Tensor sum = AddOp.apply(Conv2dOp.apply(both, kernel.tensor(), null, SAME), project.forward(y));
        return classes.forward(GlobalAveragePoolOp.apply(ReluOp.apply(sum)));
    }

    public static void main(String[] args) {
        DataSplit data = Datasets.open("fashion-mini", null);
        try (Backend backend = Backends.open("auto");
                NnModule net = args[0].equals("prune")
                        ? pruned(new TwoBranches(backend), TrainData.of(data.train(), 64), Path.of(args[1]))
                        : Pruned.load(Path.of(args[1]), backend, TwoBranches::new)) {
            System.out.println(Arrays.deepToString(Evaluator.of(data.test()).outputs(net, 16)));
        }
    }

    private static NnModule pruned(NnModule net, TrainData data, Path file) {
        Initializer.initialize(net, 0);
        Trainer.sgd(net, 0.05f).run(data, 1);
        GregConfig.Builder quick = GregConfig.greg1().regGranularityPrune(0.05).stabilizeRegInterval(20);
        Pruner pruner = Pruner.of(net, Shape.of(1, 1, 28, 28), quick.build()).ratios("0.5");
        PruningPlan plan = pruner.run(data);
        Trainer.sgd(net, 0.01f).run(data, 1);
        Pruned.save(file, net, plan);
        System.err.println(pruner.report());
        return net;
    }
}
