package greg.pruning.run;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import greg.nn.NnModule;
import greg.nn.onnx.OnnxFile;
import greg.pruning.report.SpeedEngine;
import greg.tensor.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** ONNX Runtime on the CPU with files as greg exports them, batch normalization folded. Its classes are the user's to bring. */
public final class OnnxRuntimeEngine implements SpeedEngine {
    private final OrtEnvironment environment;
    private final int threads;

    /**
     * Loads it.
     *
     * @param threads for each operation
     * @throws RunException if it is not on the class path
     */
    public OnnxRuntimeEngine(int threads) {
        this.threads = threads;
        try {
            environment = OrtEnvironment.getEnvironment();
        } catch (LinkageError e) {
            throw new RunException(
                    "ONNX Runtime cannot be loaded (" + e + "); add the jar of"
                            + " com.microsoft.onnxruntime:onnxruntime: java -cp greg.jar:onnxruntime.jar greg.pruning.cli.Main");
        }
    }

    @Override
    public String name() {
        return "ONNX Runtime " + environment.getVersion();
    }

    @Override
    public Session open(NnModule network, Shape image) {
        try {
            Path file = Files.createTempFile("greg", ".onnx");
            try {
                OnnxFile.write(file, network, image.dim(1), image.dim(2), image.dim(3), true, Map.of());
                return new OrtNetwork(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private final class OrtNetwork implements Session {
        private final OrtSession session;

        OrtNetwork(Path file) {
            try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
                options.setIntraOpNumThreads(threads);
                // between passes its threads would otherwise wait busily, on the cores on which greg is measured
                options.addConfigEntry("session.force_spinning_stop", "1");
                session = environment.createSession(file.toString(), options);
            } catch (OrtException e) {
                throw failed(e);
            }
        }

        @Override
        public void run(float[] images, Shape shape) {
            long[] dims = {shape.dim(0), shape.dim(1), shape.dim(2), shape.dim(3)};
            try (OnnxTensor input = OnnxTensor.createTensor(environment, FloatBuffer.wrap(images), dims);
                    OrtSession.Result result = session.run(Map.of("input", input))) {
                FloatBuffer outputs = ((OnnxTensor) result.get(0)).getFloatBuffer();
                outputs.get(new float[outputs.remaining()]);
            } catch (OrtException e) {
                throw failed(e);
            }
        }

        @Override
        public void close() {
            try {
                session.close();
            } catch (OrtException e) {
                throw failed(e);
            }
        }
    }

    private static RunException failed(OrtException e) {
        return new RunException("ONNX Runtime: " + e.getMessage());
    }
}
