package greg.pruning.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code greg study}: experiments on a small network. */
@Command(
        name = "study",
        description = "Experiments on small networks that show why a way of pruning works.",
        subcommands = {
            StudyOracleCommand.class,
            StudyJacobianCommand.class,
            StudyHessianCommand.class,
            StudyBatchNormCommand.class
        })
final class StudyCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "expected a command: oracle, jacobian, hessian, batchnorm");
    }
}
