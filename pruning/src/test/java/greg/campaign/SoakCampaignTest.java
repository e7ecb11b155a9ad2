package greg.campaign;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Many steps and many prunings in one process: memory, descriptors and threads do not grow. */
@EnabledOnOs(OS.LINUX)
class SoakCampaignTest {
    @Test
    void nothingGrows() throws Exception {
        String steps = Options.isLong() ? "10000" : "500";
        String prunings = Options.isLong() ? "1000" : "60";
        List<String> command =
                Options.java("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch", Soak.class.getName(), steps, prunings);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        for (String line : said.lines().toList()) Options.say(line);
        assertEquals(0, process.waitFor(), said);
    }
}
