package greg.pruning.growth;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which layers with a ratio have picked or finished: what a run must not decide differently after it was resumed. */
public final class Milestones {
    private static final String PICKED = "picked ";
    private static final String FINISHED = "finished ";

    private final Set<String> reached = new HashSet<>();

    /** Takes over what was reached before a run was resumed. */
    public void passed(List<LayerState> layers) {
        for (LayerState layer : layers) {
            if (layer.picked()) reached.add(PICKED + layer.name());
            if (layer.finished()) reached.add(FINISHED + layer.name());
        }
    }

    /** Whether this update is the first after which the layer has picked, or has finished. */
    public boolean reached(GrowthEvent event) {
        if (event.ratio() == 0) return false;
        boolean picks = event.picked() && reached.add(PICKED + event.layer());
        boolean finishes = event.finished() && reached.add(FINISHED + event.layer());
        return picks || finishes;
    }
}
