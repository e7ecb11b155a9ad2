package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import greg.datasets.Datasets;
import greg.datasets.jpeg.TurboJpeg;
import greg.pruning.report.Json;
import greg.pruning.run.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a run reads image files: on how many threads, and with which decoder. */
class ImageReadingTest {
    @TempDir
    Path temp;

    private Path images;

    @BeforeEach
    void write() throws IOException {
        images = TinyData.imageFolder(temp.resolve("images"));
    }

    @AfterEach
    void noInterruptIsLeft() {
        Interrupts.pretend(0);
    }

    private Cli train(String out, String... more) {
        List<String> args = new ArrayList<>(List.of("train", "--arch", "resnet8", "--dataset", "imagefolder"));
        args.addAll(List.of("--data", images.toString(), "--image-size", "16", "--augment", "resized-crop"));
        args.addAll(List.of("--epochs", "1", "--batch-size", "5", "--device", "reference"));
        args.addAll(List.of("--out", temp.resolve(out).toString()));
        args.addAll(Arrays.asList(more));
        return Cli.run(args.toArray(new String[0]));
    }

    private JsonNode config(String out) {
        return Json.read(temp.resolve(out).resolve("config.json"));
    }

    @Test
    void theNumberOfWorkersDoesNotChangeTheNetwork() throws IOException {
        for (String workers : List.of("1", "4")) {
            Cli result = train(workers, "--workers", workers);
            assertEquals(0, result.code(), result.err());
            assertEquals(
                    workers, config(workers).path("options").path("workers").asText());
        }
        assertArrayEquals(
                Files.readAllBytes(temp.resolve("1/checkpoint/latest.safetensors")),
                Files.readAllBytes(temp.resolve("4/checkpoint/latest.safetensors")));
    }

    @Test
    void theDecoderIsSaidOnceAndRecorded() {
        Cli result = train("run");
        assertEquals(0, result.code(), result.err());
        String said = "imagefolder: JPEG files are decoded by " + Datasets.jpegDecoder();
        assertEquals(1, result.err().lines().filter(said::equals).count(), result.err());
        assertEquals(Datasets.jpegDecoder(), config("run").path("jpegDecoder").asText());
        Cli other = Cli.run(
                "train",
                "--arch",
                "lenet5",
                "--dataset",
                "synthetic",
                "--max-iterations",
                "1",
                "--batch-size",
                "2",
                "--device",
                "reference",
                "--out",
                temp.resolve("other").toString());
        assertEquals(0, other.code(), other.err());
        assertFalse(other.err().contains("JPEG"), other.err());
        assertFalse(config("other").has("jpegDecoder"));
    }

    @Test
    void anotherDecoderIsSaidOnResumingAndWorkersMayChange() throws IOException {
        Interrupts.pretend(1);
        assertEquals(130, train("run").code());
        Interrupts.pretend(0);
        Path file = temp.resolve("run/config.json");
        // a checkpoint has its checksum; until there is one, it is only compared
        Files.delete(temp.resolve("run").resolve(RunState.FILE));
        Files.delete(temp.resolve("run").resolve(RunState.PREVIOUS));
        ObjectNode changed = (ObjectNode) Json.read(file);
        changed.put("jpegDecoder", "another decoder");
        Files.writeString(file, Json.line(changed));
        Cli resumed = Cli.run("train", "--resume", temp.resolve("run").toString(), "--workers", "2");
        assertEquals(0, resumed.code(), resumed.err());
        assertTrue(
                resumed.err()
                        .contains("warning: decoder of JPEG files was another decoder, now it is "
                                + Datasets.jpegDecoder() + "; the numbers may differ"),
                resumed.err());
    }

    @Test
    void fastDecodingNeedsLibjpegTurbo() {
        Cli result = train("run", "--fast-decode");
        if (TurboJpeg.isThere()) {
            assertEquals(0, result.code(), result.err());
            assertTrue(config("run").path("options").path("fast-decode").asBoolean());
        } else {
            assertEquals(1, result.code(), result.err());
            assertTrue(result.err().contains("--fast-decode needs libjpeg-turbo"), result.err());
        }
    }
}
