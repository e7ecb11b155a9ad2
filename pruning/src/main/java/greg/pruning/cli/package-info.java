/**
 * The command line {@code greg}: one class a command, one mixin a family of flags. Commands read flags, check everything that
 * can be checked before any work, and call the library; they hold no algorithm.
 */
package greg.pruning.cli;
