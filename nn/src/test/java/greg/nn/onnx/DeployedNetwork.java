package greg.nn.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** An ONNX file in ONNX Runtime. */
public final class DeployedNetwork implements AutoCloseable {
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;

    /** Opens a file. */
    public DeployedNetwork(Path file) throws OrtException {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            session = environment.createSession(file.toString(), options);
        }
    }

    /** The strings in the file. */
    public Map<String, String> metadata() throws OrtException {
        return session.getMetadata().getCustomMetadata();
    }

    /** The output for images (N, C, H, W), one after another. */
    public float[] call(float[] images, long... shape) throws OrtException {
        try (OnnxTensor input = OnnxTensor.createTensor(environment, FloatBuffer.wrap(images), shape);
                OrtSession.Result result = session.run(Map.of("input", input))) {
            OnnxTensor output = (OnnxTensor) result.get("logits").orElseThrow();
            FloatBuffer values = output.getFloatBuffer();
            float[] all = new float[values.remaining()];
            values.get(all);
            if (output.getInfo().getShape()[0] != shape[0]) {
                throw new IllegalStateException("expected " + shape[0] + " rows, got "
                        + Arrays.toString(output.getInfo().getShape()));
            }
            return all;
        }
    }

    @Override
    public void close() throws OrtException {
        session.close();
    }
}
