/**
 * The libraries that greg is compared with, behind the smallest interface that a benchmark needs. Compiled only in the Maven
 * profile {@code peers}.
 */
package greg.bench.peers;
