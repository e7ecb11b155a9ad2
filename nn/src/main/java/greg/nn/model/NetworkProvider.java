package greg.nn.model;

import greg.kernels.Backend;
import greg.nn.NnModule;

/**
 * Gives a network that is not greg's a short name, by which {@link Networks} can create it. Providers are found by {@link
 * java.util.ServiceLoader}: the file {@code META-INF/services/greg.nn.model.NetworkProvider} names their classes.
 */
public interface NetworkProvider {
    /** The name: letters, digits, {@code _} and {@code -}; none that greg or another provider has. */
    String name();

    /**
     * Makes the network, always the same one for the same arguments. What its parameters hold does not matter.
     *
     * @param inChannels planes of an image
     * @param imageSize its height and width
     * @param classes how many scores the network gives for an image
     * @throws IllegalArgumentException if it cannot be made for such images
     */
    NnModule create(Backend backend, int inChannels, int imageSize, int classes);
}
