package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The parts of {@code study hessian} that take no time; the others are tested where they are. */
class StudyHessianCommandTest {
    @TempDir
    Path temp;

    @Test
    void twoWeightsInNumbersAndFigures() throws Exception {
        Path out = temp.resolve("figures");
        Cli run = Cli.run("study", "hessian", "--only", "two-weights", "--out", out.toString(), "--json");
        assertEquals(0, run.code(), run.err());
        JsonNode rows = new ObjectMapper().readTree(run.out()).get("two_weights");
        assertEquals(3, rows.size());
        for (JsonNode row : rows) {
            for (int i = 0; i < 2; i++) {
                assertEquals(
                        row.get("equation_5").get(i).asDouble(),
                        row.get("descent").get(i).asDouble(),
                        1e-3,
                        row.toString());
            }
        }
        for (int n = 1; n <= 3; n++) {
            assertTrue(
                    Files.readString(out.resolve("two-weights-" + n + ".svg")).startsWith("<svg "));
        }
        Cli again = Cli.run("study", "hessian", "--only", "two-weights");
        assertTrue(again.out().contains("strongly coupled"), again.out());
    }

    @Test
    void batchNormInNumbersAndAFigure() throws Exception {
        Path out = temp.resolve("batchnorm.svg");
        Cli run = Cli.run("study", "batchnorm", "--device", "reference", "--out", out.toString());
        assertEquals(0, run.code(), run.err());
        assertEquals(26, run.out().lines().count());
        assertTrue(Files.readString(out).contains("without batch normalization"));
    }
}
