/**
 * JMH benchmarks. Pairs of classes share a stem; what they time is fixed by seeds and sizes that the class states, and every
 * rival gets the same numbers to work on ({@link greg.bench.TrainStepWorkload}).
 *
 * <p>{@code mvn package} leaves a self-contained {@code bench/target/benchmarks.jar}; with {@code -Ppeers} it also holds
 * the peers, which live in {@code src/peers} because their native libraries are too large for the normal build.
 */
package greg.bench;
