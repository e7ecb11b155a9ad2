package greg.pruning.golden;

import com.fasterxml.jackson.databind.JsonNode;
import greg.kernels.Backend;
import greg.nn.train.InputSource;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;

/**
 * The batches of a golden case: no shuffling, no augmentation. The records are CIFAR-10's in its binary format: those in
 * {@code -Dgreg.golden.data=DIR}, or for the bundled cases the bundled ones.
 */
final class GoldenRecords implements InputSource {
    private static final String BUNDLED = "/golden/records/cifar10-first-2048.bin.gz";
    private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
    private static final float[] STD = {0.229f, 0.224f, 0.225f};
    private static final int PIXELS = 32 * 32;
    private static final int RECORD = 1 + 3 * PIXELS;

    private final Backend backend;
    private final byte[] records;
    private final boolean gray;
    private final int first;
    private final int batch;
    private final int batches;
    private long iteration;

    /** From {@code iteration} on; the test is skipped if the case is not bundled and no records are named. */
    GoldenRecords(Backend backend, GoldenCase golden, long iteration) throws IOException {
        JsonNode data = golden.settings.get("data");
        this.backend = backend;
        this.records = read(data);
        this.gray = golden.gray();
        this.first = data.get("first_record").intValue();
        this.batch = data.get("batch_size").intValue();
        this.batches = data.get("n_batches").intValue();
        this.iteration = iteration;
        int needed = first + batch * batches;
        if (records.length % RECORD != 0 || records.length / RECORD < needed) {
            throw new IllegalStateException(golden + ": expected at least " + needed + " records of " + RECORD
                    + " bytes, got " + records.length + " bytes");
        }
    }

    private static byte[] read(JsonNode data) throws IOException {
        String folder = System.getProperty("greg.golden.data");
        if (folder == null) {
            Assumptions.assumeTrue(GoldenCase.bundled(), "training needs the records: -Dgreg.golden.data=DIR");
            try (InputStream in = new GZIPInputStream(GoldenRecords.class.getResourceAsStream(BUNDLED))) {
                return in.readAllBytes();
            }
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (JsonNode file : data.get("train_files")) {
            all.write(Files.readAllBytes(Path.of(folder, file.textValue())));
        }
        return all.toByteArray();
    }

    @Override
    public Input next() {
        int from = first + (int) (iteration++ % batches) * batch;
        int channels = gray ? 1 : 3;
        float[] x = new float[batch * channels * PIXELS];
        int[] labels = new int[batch];
        for (int i = 0; i < batch; i++) {
            int record = (from + i) * RECORD;
            labels[i] = records[record];
            for (int p = 0; p < PIXELS; p++) normalize(record + 1 + p, x, i * channels * PIXELS + p);
        }
        Scope scope = Scope.current();
        return new Input(
                scope.own(Tensor.of(backend, Shape.of(batch, channels, 32, 32), x)),
                scope.own(Tensor.ofInts(backend, Shape.of(batch), labels)));
    }

    private void normalize(int red, float[] x, int at) {
        float sum = 0;
        for (int c = 0; c < 3; c++) {
            float value = (records[red + c * PIXELS] & 255) / 255f;
            sum += value;
            if (!gray) x[at + c * PIXELS] = (value - MEAN[c]) / STD[c];
        }
        if (gray) x[at] = (sum / 3 - 0.5f) / 0.25f;
    }
}
