package greg.tensor;

import greg.kernels.spec.ShortcutSpec;
import java.util.List;

/**
 * Which input channel each output channel of a parameter-free shortcut copies. A module keeps it in a field, as it keeps
 * its parameters: pruning changes it in place when either side loses channels.
 */
public final class ChannelRoute {
    private int inChannels;
    private List<Integer> sources;

    /**
     * Any route.
     *
     * @param inChannels channels of the input
     * @param sources one per output channel: an input channel, or {@link ShortcutSpec#ZERO} for zeros
     */
    public ChannelRoute(int inChannels, List<Integer> sources) {
        set(inChannels, sources);
    }

    /** All input channels in order after {@code before} channels of zeros, followed by zeros up to {@code outChannels}. */
    public static ChannelRoute padded(int inChannels, int outChannels, int before) {
        return new ChannelRoute(inChannels, ShortcutSpec.padded(inChannels, outChannels, before));
    }

    /** Changes both sides at once; for surgery. */
    public void set(int inChannels, List<Integer> sources) {
        this.sources = new ShortcutSpec(1, inChannels, 1, 1, 1, sources).sources();
        this.inChannels = inChannels;
    }

    /** Channels of the input. */
    public int inChannels() {
        return inChannels;
    }

    /** The source of each output channel; immutable. */
    public List<Integer> sources() {
        return sources;
    }
}
