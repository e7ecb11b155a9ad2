package greg.pruning.report;

import greg.nn.NnModule;
import greg.tensor.Shape;

/** Another program that runs networks, to be timed beside greg. */
public interface SpeedEngine {
    /** The program's name and version, as tables have it. */
    String name();

    /**
     * Makes a network ready in it.
     *
     * @param image (1, C, H, W)
     */
    Session open(NnModule network, Shape image);

    /** A network in that program. */
    interface Session extends AutoCloseable {
        /** One forward pass over images (N, C, H, W). */
        void run(float[] images, Shape shape);

        @Override
        void close();
    }
}
