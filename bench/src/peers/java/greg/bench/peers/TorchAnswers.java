package greg.bench.peers;

import ai.djl.engine.Engine;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import greg.bench.TrainStepWorkload;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * {@link TorchStep} as a program that {@code greg.bench.gpu.StepCpu} asks for times, line by line, as it asks {@code step_torch.py}: the
 * modes are {@code contiguous} and {@code channels_last}.
 */
public final class TorchAnswers {
    private static final int WARM = 10;
    private static final double MICROSECONDS = 1e-3;

    private final ObjectMapper mapper = new ObjectMapper();
    private final Map<String, TorchStep> steps = new HashMap<>();

    private TorchAnswers() {}

    /**
     * Answers requests until there are no more.
     *
     * @throws IOException if the request cannot be read
     */
    public static void main(String[] args) throws IOException {
        // what libtorch prints must not come between the answers
        PrintStream answers = System.out;
        System.setOut(System.err);
        new TorchAnswers().answer(answers);
    }

    private void answer(PrintStream answers) throws IOException {
        Engine engine = Engine.getEngine("PyTorch");
        String version = "libtorch " + engine.getVersion() + " through DJL " + Engine.getDjlVersion();
        answers.println(mapper.createObjectNode().put("version", version));
        answers.flush();
        try (BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = requests.readLine(); line != null; line = requests.readLine()) {
                answers.println(answer(mapper.readTree(line)));
                answers.flush();
            }
        }
        steps.values().forEach(TorchStep::close);
    }

    private ObjectNode answer(JsonNode request) {
        ObjectNode answer = mapper.createObjectNode();
        try {
            TorchStep step = step(request);
            for (int s = 0; s < WARM; s++) step.step();
            int samples = request.get("samples").asInt();
            ArrayNode waited = answer.putArray("waited_us");
            long begun = System.nanoTime();
            for (int s = 0; s < samples; s++) {
                long start = System.nanoTime();
                step.step();
                waited.add(MICROSECONDS * (System.nanoTime() - start));
            }
            answer.putArray("queued_us").add(MICROSECONDS * (System.nanoTime() - begun) / samples);
            return answer;
        } catch (IllegalArgumentException refused) {
            return mapper.createObjectNode().put("skipped", refused.getMessage());
        }
    }

    private TorchStep step(JsonNode request) {
        String arch = request.get("arch").asText();
        int batch = request.get("batch").asInt();
        String mode = request.get("mode").asText();
        TorchStep.MemoryFormat format = TorchStep.MemoryFormat.valueOf(mode.toUpperCase(Locale.ROOT));
        return steps.computeIfAbsent(
                arch + ":" + batch + ":" + mode,
                key -> new TorchStep(TrainStepWorkload.of(arch, batch), threads(), format));
    }

    private static int threads() {
        String given = System.getenv("OMP_NUM_THREADS");
        return given == null ? Runtime.getRuntime().availableProcessors() : Integer.parseInt(given);
    }
}
