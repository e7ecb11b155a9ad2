/**
 * The command line {@code greg}: one class a command, one mixin a family of flags. Commands read flags, check everything that
 * can be checked before any work, and call the library; they hold no algorithm.
 * The library names settings and calls; {@link greg.pruning.cli.Flags} puts flags and commands in their place.
 */
package greg.pruning.cli;
