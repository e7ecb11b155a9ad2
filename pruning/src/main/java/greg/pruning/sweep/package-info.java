/**
 * Many runs by one plan: which they are, what they are called, how far they are, and who runs them: processes on this machine,
 * or a cluster.
 */
package greg.pruning.sweep;
