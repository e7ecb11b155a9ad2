package greg.pruning.cli;

import picocli.CommandLine.Option;

/** Flags of every command. */
@HelpGroup(HelpGroup.Heading.RUN)
final class CommonOptions {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    boolean help;

    @Option(names = "--debug", description = "Print the stack trace of an error. Default: ${DEFAULT-VALUE}.")
    boolean debug;
}
