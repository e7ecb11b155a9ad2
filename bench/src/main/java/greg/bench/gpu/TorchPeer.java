package greg.bench.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * PyTorch in a process of its own, {@code step_torch.py}: a request is a line of JSON, and so is the answer. A process that does
 * not answer in time is ended, and from then on nothing is measured with it.
 */
final class TorchPeer implements StepPeer {
    private static final String END = "";

    private final ObjectMapper mapper = new ObjectMapper();
    private final Process process;
    private final BufferedWriter requests;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final long deadline;
    private final String version;
    private String ended;

    /**
     * Starts it.
     *
     * @param command the interpreter, the script, and its options
     * @param seconds for all answers together
     * @throws IOException if it cannot be started or does not say what it is
     */
    TorchPeer(List<String> command, int seconds) throws IOException {
        deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        requests = process.outputWriter(StandardCharsets.UTF_8);
        Thread reader = new Thread(this::read, "answers of PyTorch");
        reader.setDaemon(true);
        reader.start();
        JsonNode greeting = answer();
        if (greeting == null) {
            close();
            throw new IOException(String.join(" ", command) + ": expected its version, " + ended);
        }
        version = greeting.path("version").asText();
    }

    private void read() {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("{")) answers.add(line);
            }
        } catch (IOException broken) {
            // as if it had ended
        }
        answers.add(END);
    }

    /** The next answer, or null if there will be none: {@link #ended} says why. */
    private JsonNode answer() throws IOException {
        String line = null;
        try {
            line = answers.poll(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        if (line != null && !line.equals(END)) return mapper.readTree(line);
        ended = line == null ? "its time was over" : "its process has ended";
        process.destroyForcibly();
        return null;
    }

    @Override
    public String version() {
        return version;
    }

    @Override
    public Answer time(StepCase what, String mode, boolean penalty, int samples) {
        if (ended == null) {
            ObjectNode request = mapper.createObjectNode();
            request.put("arch", what.arch()).put("batch", what.batch()).put("size", what.imageSize());
            request.put("classes", what.classes()).put("mode", mode).put("penalty", penalty);
            request.put("samples", samples);
            try {
                requests.write(mapper.writeValueAsString(request));
                requests.newLine();
                requests.flush();
                JsonNode answer = answer();
                if (answer != null) return read(answer);
            } catch (IOException broken) {
                ended = broken.getMessage();
            }
        }
        return new Answer(StepTimes.NONE, ended);
    }

    private static Answer read(JsonNode answer) {
        if (answer.has("skipped"))
            return new Answer(StepTimes.NONE, answer.get("skipped").asText());
        return new Answer(new StepTimes(numbers(answer.get("waited_us")), numbers(answer.get("queued_us"))), null);
    }

    private static double[] numbers(JsonNode array) {
        double[] numbers = new double[array.size()];
        for (int i = 0; i < numbers.length; i++) numbers[i] = array.get(i).asDouble();
        return numbers;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
