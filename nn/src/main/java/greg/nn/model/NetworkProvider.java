package greg.nn.model;

import greg.kernels.Backend;
import greg.nn.NnModule;

/** Gives a network of somebody's own a name by which it can be created; found by {@link java.util.ServiceLoader}. */
public interface NetworkProvider {
    /** The name, other than those of greg's own networks. */
    String name();

    /** The smallest height and width of an image. */
    default int minImage() {
        return 1;
    }

    /**
     * Makes the network; what its parameters hold does not matter.
     *
     * @param inChannels channels of an image
     * @param imageSize its height and width
     */
    NnModule create(Backend backend, int inChannels, int imageSize, int classes);
}
