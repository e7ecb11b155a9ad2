package greg.kernels.spec;

import java.util.List;

/**
 * Inputs (n, channels[i], h, w) one after another along the channels.
 *
 * @param channels of each input; at least one input
 */
public record ConcatSpec(int n, List<Integer> channels, int h, int w) {
    /** Validates and copies the list. */
    public ConcatSpec {
        Checks.positive("concat", "batch", n, "inputs", channels.size(), "h", h, "w", w);
        for (int c : channels) Checks.positive("concat", "channels", c);
        channels = List.copyOf(channels);
    }

    /** Channels of the result. */
    public int outChannels() {
        return offset(channels.size());
    }

    /** The result's channel at which input {@code i} starts. */
    public int offset(int i) {
        return channels.subList(0, i).stream().mapToInt(Integer::intValue).sum();
    }

    /** Dimensions of input {@code i}. */
    public int[] xDims(int i) {
        return new int[] {n, channels.get(i), h, w};
    }

    /** Dimensions of the result. */
    public int[] yDims() {
        return new int[] {n, outChannels(), h, w};
    }
}
