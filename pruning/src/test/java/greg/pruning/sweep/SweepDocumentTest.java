package greg.pruning.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.pruning.run.Preset;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/** The plan and the scripts in docs/sweep.md: each parses, and the scripts are for as many runs as the plan has. */
class SweepDocumentTest {
    private static final Path DOCUMENT = Path.of("../docs/sweep.md");

    @TempDir
    Path temp;

    private static List<String> blocks(String language) throws IOException {
        Pattern fence = Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL);
        return fence.matcher(Files.readString(DOCUMENT))
                .results()
                .map(block -> block.group(1))
                .toList();
    }

    private static void assertShell(String shell, String script) throws Exception {
        Process check =
                new ProcessBuilder(shell, "-n").redirectErrorStream(true).start();
        try (var in = check.getOutputStream()) {
            in.write(script.getBytes(StandardCharsets.UTF_8));
        }
        String said = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, check.waitFor(), said);
    }

    private int runs() throws IOException {
        Path plan = Files.writeString(temp.resolve("plan.yaml"), blocks("yaml").get(0));
        return Plan.read(plan).runs().size();
    }

    @Test
    void shellScriptsParse() throws Exception {
        List<String> scripts = blocks("bash");
        assertEquals(2, scripts.size(), "Slurm and Spark");
        for (String script : scripts) assertShell("bash", script);
    }

    @Test
    void theSlurmArrayIsThatOfThePlan() throws Exception {
        String script = blocks("bash").get(0);
        Matcher array = Pattern.compile("#SBATCH --array=0-(\\d+)\n").matcher(script);
        assertTrue(array.find(), script);
        assertEquals(runs() - 1, Integer.parseInt(array.group(1)));
        assertTrue(script.contains("--index \"$SLURM_ARRAY_TASK_ID\""), script);
    }

    @Test
    void theKubernetesJobIsThatOfThePlan() throws Exception {
        Map<String, Object> job = new Yaml().load(blocks("yaml").get(1));
        assertEquals("Job", job.get("kind"));
        Map<?, ?> spec = (Map<?, ?>) job.get("spec");
        assertEquals("Indexed", spec.get("completionMode"));
        assertEquals(runs(), spec.get("completions"));
        Map<?, ?> pod = (Map<?, ?>) ((Map<?, ?>) spec.get("template")).get("spec");
        assertEquals("Never", pod.get("restartPolicy"), "backoffLimitPerIndex asks for it");
        Map<?, ?> container = (Map<?, ?>) ((List<?>) pod.get("containers")).get(0);
        List<?> command = (List<?>) container.get("command");
        assertEquals(List.of("/bin/sh", "-c"), command.subList(0, 2));
        assertShell("sh", command.get(2).toString());
        assertTrue(command.get(2).toString().endsWith("--index \"$JOB_COMPLETION_INDEX\""), command.toString());
        Map<?, ?> mount = (Map<?, ?>) ((List<?>) container.get("volumeMounts")).get(0);
        assertEquals(((Map<?, ?>) ((List<?>) pod.get("volumes")).get(0)).get("name"), mount.get("name"));
        assertEquals(container.get("workingDir"), mount.get("mountPath"));
    }

    @Test
    void thePresetsAreThere() throws IOException {
        Matcher list = Pattern.compile("`\\[(resnet[^\\]]+)\\]`").matcher(Files.readString(DOCUMENT));
        assertTrue(list.find());
        for (String name : list.group(1).split(", ")) assertTrue(Preset.names().contains(name), name);
    }
}
