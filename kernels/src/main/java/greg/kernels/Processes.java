package greg.kernels;

import java.nio.ByteBuffer;

/** stub */
public interface Processes {
    int rank();

    int size();

    void broadcast(ByteBuffer bytes, int root);
}
