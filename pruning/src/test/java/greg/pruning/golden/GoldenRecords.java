package greg.pruning.golden;

import com.fasterxml.jackson.databind.JsonNode;
import greg.datasets.Cifar;
import greg.datasets.Dataset;
import greg.kernels.Backend;
import greg.nn.train.InputSource;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.nio.file.Path;

/** The batches of a golden case, from the records in {@code -Dgreg.golden.data=DIR}: no shuffling, no augmentation. */
final class GoldenRecords implements InputSource {
    private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
    private static final float[] STD = {0.229f, 0.224f, 0.225f};
    private static final int PIXELS = 32 * 32;

    private final Backend backend;
    private final Dataset records;
    private final boolean gray;
    private final int first;
    private final int batch;
    private final int batches;
    private int iteration;

    GoldenRecords(Backend backend, Path folder, JsonNode data) {
        this.backend = backend;
        this.records = Cifar.cifar10(folder).train();
        this.gray = data.get("normalize").textValue().equals("gray");
        this.first = data.get("first_record").intValue();
        this.batch = data.get("batch_size").intValue();
        this.batches = data.get("n_batches").intValue();
    }

    int channels() {
        return gray ? 1 : 3;
    }

    @Override
    public Input next() {
        int from = first + iteration++ % batches * batch;
        float[] x = new float[batch * channels() * PIXELS];
        int[] labels = new int[batch];
        byte[] image = new byte[3 * PIXELS];
        for (int i = 0; i < batch; i++) {
            records.image(from + i, image, 0);
            labels[i] = records.label(from + i);
            for (int p = 0; p < PIXELS; p++) normalize(image, p, x, i * channels() * PIXELS + p);
        }
        Scope scope = Scope.current();
        return new Input(
                scope.own(Tensor.of(backend, Shape.of(batch, channels(), 32, 32), x)),
                scope.own(Tensor.ofInts(backend, Shape.of(batch), labels)));
    }

    private void normalize(byte[] image, int pixel, float[] x, int at) {
        float sum = 0;
        for (int c = 0; c < 3; c++) {
            float value = (image[pixel * 3 + c] & 255) / 255f;
            sum += value;
            if (!gray) x[at + c * PIXELS] = (value - MEAN[c]) / STD[c];
        }
        if (gray) x[at] = (sum / 3 - 0.5f) / 0.25f;
    }
}
