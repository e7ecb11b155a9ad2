package greg.nn.train;

import greg.kernels.Backend;
import greg.kernels.CapturedStep;
import greg.kernels.Device;
import greg.kernels.KernelFamilies;
import greg.kernels.Memory;
import greg.kernels.StagingBuffer;

/** Another backend, of which it counts the steps that are recorded and replayed, or which it keeps from recording. */
final class CountedSteps implements Backend {
    private final Backend backend;
    private final boolean records;
    private int captures;
    private int launches;

    CountedSteps(Backend backend, boolean records) {
        this.backend = backend;
        this.records = records;
    }

    int recorded() {
        return captures;
    }

    int replayed() {
        return launches;
    }

    @Override
    public boolean captures() {
        return records;
    }

    @Override
    public CapturedStep capture(Runnable step) {
        captures++;
        CapturedStep captured = backend.capture(step);
        return new CapturedStep() {
            @Override
            public void launch() {
                launches++;
                captured.launch();
            }

            @Override
            public void skip(long steps, long samples) {
                captured.skip(steps, samples);
            }

            @Override
            public void close() {
                captured.close();
            }
        };
    }

    @Override
    public Device device() {
        return backend.device();
    }

    @Override
    public Memory memory() {
        return backend.memory();
    }

    @Override
    public KernelFamilies kernels() {
        return backend.kernels();
    }

    @Override
    public StagingBuffer staging(int bytes, int numbers) {
        return backend.staging(bytes, numbers);
    }

    @Override
    public void expectChannels(int... channels) {
        backend.expectChannels(channels);
    }

    @Override
    public void synchronize() {
        backend.synchronize();
    }

    @Override
    public void close() {}
}
