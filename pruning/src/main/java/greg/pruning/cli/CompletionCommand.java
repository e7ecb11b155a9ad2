package greg.pruning.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code greg completion}: a script by which a shell completes commands, flags and values. */
@Command(
        name = "completion",
        description = {
            "Prints a script for bash and zsh that completes the commands, flags and values of greg.",
            "greg() { java -jar /path/to/greg.jar \"$@\"; }; source <(greg completion)"
        })
final class CompletionCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Override
    public Integer call() {
        Console.of(spec).out().print(AutoComplete.bash("greg", spec.root().commandLine()));
        return 0;
    }
}
