package greg.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The PTX that the software device is tested with also compiles with NVIDIA's compiler: its planted mistakes are mistakes in
 * programs, not in syntax.
 */
@EnabledOnOs({OS.LINUX, OS.WINDOWS})
class SimulatorSourcesTest {
    @ParameterizedTest
    @ValueSource(strings = {"good", "bugs"})
    void compiles(String name) throws IOException {
        try (InputStream in = getClass().getResourceAsStream("simulator/" + name + ".ptx")) {
            String text = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
            Map<String, Assembler.Usage> entries = Assembler.compile(new PtxSource(name, text, Map.of()), "sm_70");
            assertFalse(entries.isEmpty());
            for (String entry : entries.keySet()) assertTrue(text.contains(".entry " + entry + "("), entry);
        }
    }
}
