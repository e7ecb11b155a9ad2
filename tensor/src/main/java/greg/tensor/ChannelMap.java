package greg.tensor;

/**
 * How the channels (dimension 1) of an op's output relate to those of its inputs. Every op states one; nothing else about
 * a network's structure has to be declared for it to be prunable.
 */
public sealed interface ChannelMap {
    /**
     * A weight (input 1; rows = output channels, columns = input channels / groups) makes new channels out of input 0's.
     *
     * @param groups convolution groups; with groups = channels (depthwise) the output channels are the input's
     */
    record Fresh(int groups) implements ChannelMap {}

    /** Each channel comes from the same channel of input 0; further inputs are per-channel parameters. */
    record Same() implements ChannelMap {}

    /**
     * Each channel is the sum of that channel of input 0 and of input {@code other} (both must keep the same channels);
     * further inputs are per-channel parameters.
     */
    record Tied(int other) implements ChannelMap {}

    /**
     * Each channel is the product of that channel of input 0 and of input {@code other} (both must keep the same channels).
     * Unlike the terms of a sum, factors may lose channels: a channel is removed together with its factor.
     */
    record Gated(int other) implements ChannelMap {}

    /** Channel c of input 0 becomes the {@code factor} consecutive channels c * factor ... (flatten). */
    record Repeat(int factor) implements ChannelMap {}

    /**
     * Each output channel is a copy of one of input 0's, or constantly zero. Both sides may lose channels independently;
     * the route is then changed in place.
     */
    record Routed(ChannelRoute route) implements ChannelMap {}

    /** The inputs' channels, concatenated. */
    record Concat() implements ChannelMap {}

    /** The output has no channels (a loss). */
    record None() implements ChannelMap {}
}
