package greg.campaign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Random geometries of kernels, on the CPU and by the plain loops of {@code reference}; the short one is in the tests of kernels. */
class KernelsCampaignTest {
    @Test
    void randomGeometries() throws Exception {
        assumeTrue(Options.isLong());
        List<String> command = Options.java("greg.kernels.grid.RandomGrid", "--seed", Long.toString(Options.SEED));
        command.addAll(List.of("--seconds", Long.toString(Math.round(60 * Options.MINUTES))));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        for (String line : said.lines().toList()) Options.say(line);
        assertEquals(0, process.waitFor(), said);
    }
}
