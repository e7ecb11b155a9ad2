package greg.pruning.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Plans of small runs, for tests. */
public final class SweepPlans {
    private SweepPlans() {}

    /**
     * Writes a plan of {@link SmallRuns}.
     *
     * @param folder for the plan, its images and its runs, which are in {@code all}
     * @param cross values by flag, in YAML or JSON, e.g. {@code {seed: [0, 1]}}
     * @param more further flags of all runs
     */
    public static Path write(Path folder, String command, String cross, String... more) throws IOException {
        List<String> words = new ArrayList<>(SmallRuns.command(command, folder, folder.resolve("none"), more));
        Map<String, String> flags = new LinkedHashMap<>();
        for (int i = 1; i < words.size(); i += 2) flags.put(words.get(i).substring(2), words.get(i + 1));
        flags.remove("out");
        String text = "out: " + folder.resolve("all") + "\ncommand: " + command + "\nflags: "
                + new ObjectMapper().writeValueAsString(flags) + "\ncross: " + cross + "\n";
        return Files.writeString(folder.resolve("plan.yaml"), text);
    }
}
