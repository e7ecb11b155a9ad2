package greg.kernels.cuda;

import greg.kernels.KernelException;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * An engine of cuDNN and how it is set: what tells one configuration from another, and what is saved of a plan.
 *
 * @param engine its global index
 * @param knobs values by the type of the knob
 */
record EngineChoice(long engine, SortedMap<Integer, Long> knobs) {
    private static final String ENGINE = "engine ";
    private static final String KNOBS = " knobs ";

    /** {@code engine 38 knobs 2:4,5:1}. */
    @Override
    public String toString() {
        return ENGINE
                + engine
                + (knobs.isEmpty()
                        ? ""
                        : KNOBS
                                + knobs.entrySet().stream()
                                        .map(knob -> knob.getKey() + ":" + knob.getValue())
                                        .collect(Collectors.joining(",")));
    }

    /** The inverse of {@link #toString}. */
    static EngineChoice parse(String text) {
        try {
            int knobs = text.indexOf(KNOBS);
            if (!text.startsWith(ENGINE)) throw new IllegalArgumentException(text);
            long engine = Long.parseLong(text.substring(ENGINE.length(), knobs < 0 ? text.length() : knobs));
            SortedMap<Integer, Long> values = new TreeMap<>();
            if (knobs >= 0) {
                for (String knob : text.substring(knobs + KNOBS.length()).split(",", -1)) {
                    String[] pair = knob.split(":", -1);
                    values.put(Integer.valueOf(pair[0]), Long.valueOf(pair[1]));
                }
            }
            return new EngineChoice(engine, values);
        } catch (IllegalArgumentException | IndexOutOfBoundsException malformed) {
            throw new KernelException(
                    "cuDNN: expected an engine as in " + CudnnPlans.EXAMPLE + ", got '" + text + "'", malformed);
        }
    }

    /** From unsorted knobs. */
    static EngineChoice of(long engine, Map<Integer, Long> knobs) {
        return new EngineChoice(engine, new TreeMap<>(knobs));
    }
}
