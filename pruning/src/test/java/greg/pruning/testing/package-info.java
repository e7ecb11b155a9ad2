/** What tests of the pruners share. */
package greg.pruning.testing;
