package greg.nn.optim;

import java.util.Map;
import java.util.TreeMap;

/** A learning rate in steps, written {@code 0:0.1,100:0.01,150:0.001}: from epoch 100 on 0.01, and so on. */
public final class LrSchedule {
    private final String text;
    private final TreeMap<Integer, Float> steps = new TreeMap<>();

    private LrSchedule(String text) {
        this.text = text;
    }

    /**
     * Reads {@code epoch:rate,...}; a lone number is a constant rate. Epochs count from 0 and must start there.
     *
     * @throws IllegalArgumentException with the text and what is wrong with it
     */
    public static LrSchedule parse(String text) {
        LrSchedule schedule = new LrSchedule(text);
        for (String part : text.split(",", -1)) {
            String[] pair = part.trim().split(":", -1);
            try {
                int epoch = pair.length == 1 ? 0 : Integer.parseInt(pair[0].trim());
                float rate = Float.parseFloat(pair[pair.length - 1].trim());
                boolean good = pair.length <= 2 && epoch >= 0 && rate >= 0 && Float.isFinite(rate);
                if (!good || schedule.steps.put(epoch, rate) != null) throw new NumberFormatException();
                if (rate == 0) {
                    throw new IllegalArgumentException(
                            "learning rate '" + text + "': a rate of 0 trains nothing; expected rates above 0");
                }
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("learning rate '" + text + "': cannot read '" + part
                        + "'; expected epoch:rate pairs as in 0:0.1,100:0.01,150:0.001");
            }
        }
        if (!schedule.steps.containsKey(0)) {
            throw new IllegalArgumentException("learning rate '" + text + "': the first epoch must be 0, as in 0:0.1");
        }
        return schedule;
    }

    /** The same rate in every epoch. */
    public static LrSchedule constant(float rate) {
        return parse(Float.toString(rate));
    }

    /** The rate in this epoch (from 0). */
    public float at(int epoch) {
        Map.Entry<Integer, Float> step = steps.floorEntry(epoch);
        if (step == null) throw new IllegalArgumentException("learning rate: expected an epoch >= 0, got " + epoch);
        return step.getValue();
    }

    /** The text it was read from. */
    @Override
    public String toString() {
        return text;
    }
}
