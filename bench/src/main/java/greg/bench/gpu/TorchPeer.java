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
 * not answer in time is ended, and the next request starts another, until the time for all is over.
 */
final class TorchPeer implements StepPeer {
    private static final String END = "";

    private final ObjectMapper mapper = new ObjectMapper();
    private final List<String> command;
    private final long perAnswer;
    private final long deadline;
    private final String version;
    private Process process;
    private BufferedWriter requests;
    private BlockingQueue<String> answers;

    /** Why there is no answer. */
    private static final class NoAnswerException extends IOException {
        private static final long serialVersionUID = 1;

        NoAnswerException(String why) {
            super(why);
        }
    }

    /**
     * Starts it.
     *
     * @param command the interpreter, the script, and its options
     * @param seconds for an answer
     * @param allSeconds for all answers together
     * @throws IOException if it cannot be started or does not say what it is
     */
    TorchPeer(List<String> command, int seconds, int allSeconds) throws IOException {
        this.command = command;
        perAnswer = TimeUnit.SECONDS.toNanos(seconds);
        deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(allSeconds);
        version = start();
    }

    /** Returns the version. */
    private String start() throws IOException {
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        requests = process.outputWriter(StandardCharsets.UTF_8);
        BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
        BlockingQueue<String> queue = new LinkedBlockingQueue<>();
        answers = queue;
        Thread reader = new Thread(() -> read(lines, queue), "answers of PyTorch");
        reader.setDaemon(true);
        reader.start();
        return answer().path("version").asText();
    }

    private static void read(BufferedReader lines, BlockingQueue<String> queue) {
        try (lines) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("{")) queue.add(line);
            }
        } catch (IOException broken) {
            // as if it had ended
        }
        queue.add(END);
    }

    private JsonNode answer() throws IOException {
        long left = Math.min(perAnswer, deadline - System.nanoTime());
        String line = null;
        try {
            line = answers.poll(Math.max(0, left), TimeUnit.NANOSECONDS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        if (line != null && !line.equals(END)) return mapper.readTree(line);
        close();
        throw new NoAnswerException(
                line != null ? "its process has ended" : "no answer in " + TimeUnit.NANOSECONDS.toSeconds(left) + " s");
    }

    @Override
    public String version() {
        return version;
    }

    @Override
    public Answer time(StepCase what, String mode, boolean penalty, int samples) {
        if (deadline - System.nanoTime() <= 0) return new Answer(StepTimes.NONE, "the time for PyTorch is over");
        ObjectNode request = mapper.createObjectNode();
        request.put("arch", what.arch()).put("batch", what.batch()).put("size", what.imageSize());
        request.put("classes", what.classes()).put("mode", mode).put("penalty", penalty);
        request.put("samples", samples);
        try {
            if (process == null) start();
            requests.write(mapper.writeValueAsString(request));
            requests.newLine();
            requests.flush();
            return read(answer());
        } catch (IOException broken) {
            close();
            return new Answer(StepTimes.NONE, broken.getMessage());
        }
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
        if (process != null) process.destroyForcibly();
        process = null;
    }
}
