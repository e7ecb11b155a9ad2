/**
 * The command line {@code greg}: one class per command, one mixin per family of flags. Commands read flags, check
 * everything that can be checked before any work, and call the library; they hold no algorithm. The library names settings
 * and calls; {@link greg.pruning.cli.Flags} replaces them by flags and commands.
 */
package greg.pruning.cli;
