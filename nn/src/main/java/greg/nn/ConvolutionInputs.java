package greg.nn;

import java.util.Arrays;

/**
 * The numbers of input channels of a network's convolutions, one for each parameter of rank 4, whichever module owns it, in
 * the order of registration. Collected anew for every {@linkplain NnModule#call call}, which takes microseconds, so they are
 * never out of date.
 */
final class ConvolutionInputs {
    private int[] channels = new int[64];
    private int count;

    private ConvolutionInputs() {}

    /** All but the first one, which reads the image. */
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
