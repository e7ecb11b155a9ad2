package greg.kernels;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * What PyTorch computes: torch-numbers.txt in this package's test resources, printed by torch-numbers.py beside it,
 * whose inputs Java repeats with {@link Workspace#ramp}.
 */
final class TorchNumbers {
    private static final Map<String, float[]> NUMBERS = read();

    private TorchNumbers() {}

    /** The array {@code name} of section {@code section}. */
    static float[] of(String section, String name) {
        float[] numbers = NUMBERS.get(section + "/" + name);
        if (numbers == null) throw new IllegalArgumentException("torch-numbers.txt has no " + section + "/" + name);
        return numbers.clone();
    }

    /** The usual input: step 7, mod 23, scale 8. */
    static float[] x(int... dims) {
        return Workspace.ramp(7, 23, 8, dims);
    }

    /** The gradient that the script starts each backward pass with. */
    static float[] dy(int... dims) {
        return Workspace.ramp(5, 13, 4, dims);
    }

    private static Map<String, float[]> read() {
        Map<String, float[]> numbers = new HashMap<>();
        try (InputStream in = TorchNumbers.class.getResourceAsStream("torch-numbers.txt");
                BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            String section = "";
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.startsWith("[")) {
                    section = line.substring(1, line.length() - 1);
                    continue;
                }
                String[] parts = line.split(" = ");
                String[] words = parts[1].split(" ");
                float[] values = new float[words.length];
                for (int i = 0; i < values.length; i++) values[i] = Float.parseFloat(words[i]);
                numbers.put(section + "/" + parts[0], values);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return numbers;
    }
}
