package greg.pruning.sweep;

/**
 * A flag of a run as the plan gives it.
 *
 * @param name as it is written, without dashes
 * @param text its value
 * @param where file, line and key, with which an error begins
 * @param varies whether runs of the plan may differ in it; what is given to all has no part in a run's name
 */
public record Given(String name, String text, String where, boolean varies) {}
