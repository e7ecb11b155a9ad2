/**
 * Pruning by growing regularization (GReg-1 and GReg-2, "Neural Pruning via Growing Regularization", ICLR 2021).
 *
 * <p>With E the loss, a run minimises E + 1/2 sum_g lambda_g |w_g|^2 (eq. 3), where a group g is a filter, an input
 * channel or a single weight, and raises lambda_g step by step until the group has faded; then the group is removed.
 * Symbols, as in the paper: lambda = penalty coefficient of a group, tau = its ceiling, tau' = the ceiling of the
 * picking stage, K_u = iterations between two updates of lambda, K_s = stabilising iterations at the final lambda,
 * delta lambda = increase of one update. They are defined once, in {@link greg.pruning.growth.GregConfig}.
 *
 * <p>{@link greg.pruning.Pruner} is the front door for Java, {@link greg.pruning.Pruned} saves and loads the result:
 *
 * <pre>{@code
 * try (Backend backend = Backends.open("auto"); NnModule net = new MyNet(backend)) {
 *     Pruner pruner = Pruner.of(net, Shape.of(1, 3, 32, 32), GregConfig.greg1().build()).ratios("0.5");
 *     PruningPlan plan = pruner.run(TrainData.of(train, 128));    // grows the penalty, then removes
 *     Trainer.sgd(net, 0.01f).run(TrainData.of(train, 128), 30);  // finetunes
 *     Pruned.save(Path.of("small.safetensors"), net, plan);       // Pruned.load(path, backend, MyNet::new) reads it
 * }
 * }</pre>
 *
 * Below it are, each depending only on those after it: {@link greg.pruning.growth the growing penalty}, {@link
 * greg.pruning.ratios how much of which layer is removed}, {@link greg.pruning.surgery what is cut}, {@link
 * greg.pruning.graph what must be removed together}, {@link greg.pruning.select which groups are chosen}. Above it are
 * {@link greg.pruning.run runs with a folder} and {@link greg.pruning.cli the command line}.
 */
package greg.pruning;
