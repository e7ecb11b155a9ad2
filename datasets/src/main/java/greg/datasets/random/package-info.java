/** Random numbers on the host: how a run's one seed becomes many streams, and the generator that draws from them. */
package greg.datasets.random;
