package greg.kernels;

/** stub */
public interface Collectives extends AutoCloseable {
    int rank();

    int size();

    void allReduce(Storage values);

    void broadcast(Storage values, int root);

    @Override
    void close();
}
