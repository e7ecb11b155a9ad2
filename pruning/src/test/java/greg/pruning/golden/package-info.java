/**
 * Reads recorded runs of the reference implementation and replays them: the rules alone against the recorded magnitudes,
 * single iterations from recorded states, and whole trainings on our engine. What is bundled, where it comes from and how to
 * replay other cases is in {@code golden/README.md} among the test resources.
 */
package greg.pruning.golden;
