package greg.nn;

import java.util.Arrays;

/**
 * How many channels the convolutions of a network read: all parameters of rank 4 count, whoever owns them, in the order of
 * registration. Gathered anew for every {@linkplain NnModule#call call}, which takes microseconds and cannot be out of date.
 */
final class ConvolutionInputs {
    private int[] channels = new int[64];
    private int count;

    private ConvolutionInputs() {}

    /** Without the first one, which reads the image. */
    static int[] of(NnModule network) {
        ConvolutionInputs inputs = new ConvolutionInputs();
        inputs.add(network);
        return Arrays.copyOfRange(inputs.channels, Math.min(1, inputs.count), inputs.count);
    }

    private void add(NnModule module) {
        for (Parameter p : module.ownParameters().values()) {
            if (p.tensor().shape().rank() != 4) continue;
            if (count == channels.length) channels = Arrays.copyOf(channels, 2 * count);
            channels[count++] = module.inputChannels(p);
        }
        for (NnModule child : module.children().values()) add(child);
    }
}
