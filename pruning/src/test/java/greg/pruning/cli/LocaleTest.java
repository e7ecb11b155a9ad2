package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What greg prints and writes does not depend on the language of the machine, nor on its character set. */
class LocaleTest {
    private static final Locale USUAL = Locale.getDefault();

    @TempDir
    Path temp;

    @AfterEach
    void usual() {
        Locale.setDefault(USUAL);
    }

    /** Every kind of output, in an order in which each finds what it needs in {@code folder}. */
    private static List<String[]> commands(Path folder) {
        String run = folder.resolve("run").toString();
        List<String> data = new ArrayList<>(List.of("--dataset", "mnist", "--threads", "1"));
        data.addAll(List.of("--device", ResumeTest.DEVICE));
        data.addAll(List.of("--data", folder.getParent().resolve("mnist").toString()));
        List<String> prune = new ArrayList<>(List.of("prune", "--arch", "lenet5", "--stage-pr", "conv1:0.5"));
        prune.addAll(List.of("--base-epochs", "1", "--epochs", "1", "--lr-ft", "0.01", "--max-iterations", "2"));
        prune.addAll(List.of("--batch-size", "8", "--batch-size-prune", "8", "--out", run));
        List<String> evaluate = new ArrayList<>(List.of("evaluate", "--weights", run));
        List<String> oracle = new ArrayList<>(List.of("study", "oracle", "--layer", "conv1", "--remove", "1"));
        oracle.addAll(List.of("--weights", run + "/checkpoint/base.safetensors", "--most", "3"));
        List<String> jacobian = new ArrayList<>(List.of("study", "jacobian", "--weights", run, "--samples", "1"));
        for (List<String> command : List.of(prune, evaluate, oracle, jacobian)) command.addAll(data);
        List<String[]> all = new ArrayList<>();
        for (List<String> command : List.of(prune, evaluate, oracle, jacobian)) all.add(command.toArray(new String[0]));
        all.add(new String[] {"prune", "--preset", "list"});
        all.add(new String[] {"inspect", "--arch", "resnet20", "--stage-pr", "0.5"});
        all.add(new String[] {"inspect", "--arch", "lenet5", "--json"});
        all.add(new String[] {
            "report", run, "--out", folder.resolve("page.html").toString()
        });
        all.add(new String[] {"data", "list"});
        all.add(new String[] {"data", "verify", "fashion-mini"});
        all.add(new String[] {"devices"});
        all.add(new String[] {"train", "--epochs", "-5"});
        all.add(new String[] {"train", "--lr", "1.000,5"});
        all.add(new String[] {"train", "--image-size", "1234567890"});
        return all;
    }

    /** What two executions of the same command cannot have in common. */
    private static String fixed(String text, Path folder) {
        return text.replace(folder.toString(), "FOLDER")
                .replaceAll("\\d+ (img|it)/s, ETA \\d+:\\d+", "RATE")
                .replaceAll("\"(seconds|images_per_second)\":[0-9.E-]+", "TIME")
                .replaceAll(" +\\d+\\.\\d{3} +\\d+\\.\\d{3} +\\d+\\.\\d{2}x", " TIMES")
                .lines()
                .filter(line -> !line.matches(".*\\b(ms|seconds|time)\\b.*|evaluate: \\d+% .*"))
                .reduce("", (a, b) -> a + b + "\n");
    }

    private String outputs(Path folder) throws Exception {
        StringBuilder all = new StringBuilder();
        for (String[] command : commands(folder)) {
            Cli result = Cli.run(command);
            all.append("$ ")
                    .append(String.join(" ", command))
                    .append(' ')
                    .append(result.code())
                    .append('\n');
            all.append(result.out()).append(result.err());
        }
        for (String file : List.of("metrics.jsonl", "plan.json", "report.txt")) {
            all.append(Files.readString(folder.resolve("run").resolve(file)));
        }
        return fixed(all.toString(), folder);
    }

    @Test
    void inEveryLanguage() throws Exception {
        TinyData.mnist(temp.resolve("mnist"));
        Locale.setDefault(Locale.ROOT);
        String usual = outputs(temp.resolve("root"));
        for (String tag : List.of("de-DE", "ar-EG-u-nu-arab", "tr-TR")) {
            Locale.setDefault(Locale.forLanguageTag(tag));
            assertEquals(usual, outputs(temp.resolve(tag)), tag);
        }
    }

    /** In a process of its own, since the default charset of a JVM cannot be changed. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "-Dfile.encoding=UTF-16",
                "-Dfile.encoding=US-ASCII",
                "-Dstdout.encoding=UTF-16 -Dstderr.encoding=UTF-16",
                "-Duser.language=ar -Duser.country=EG -Duser.extensions=u-nu-arab",
                "-Duser.language=tr"
            })
    void inEveryCharacterSet(String options) throws Exception {
        // where JNA cannot be loaded, oneDNN has OpenMP's own number of threads and no other
        String threads = System.getenv("OMP_NUM_THREADS");
        List<String> flags = new ArrayList<>(List.of("--arch", "lenet5", "--device", "cpu", "--epochs", "1"));
        flags.addAll(List.of("--threads", threads == null ? "0" : threads));
        flags.addAll(List.of("--max-iterations", "1", "--batch-size", "4", "--dataset", "mnist"));
        flags.addAll(List.of("--data", TinyData.mnist(temp.resolve("mnist")).toString(), "--out"));
        Path usual = temp.resolve("usual");
        Path other = temp.resolve("other");
        for (Path out : List.of(usual, other)) {
            List<String> args = new ArrayList<>(List.of("train"));
            args.addAll(flags);
            args.add(out.toString());
            List<String> jvm = out == usual ? List.of() : List.of(options.split(" "));
            try (Greg greg = Greg.start(temp, jvm, args.toArray(new String[0]))) {
                assertEquals(0, greg.end(), new String(greg.err(), StandardCharsets.UTF_8));
                String said = new String(greg.out(), StandardCharsets.UTF_8);
                Files.writeString(temp.resolve(out == usual ? "usual.txt" : "other.txt"), fixed(said, out));
            }
        }
        assertEquals(Files.readString(temp.resolve("usual.txt")), Files.readString(temp.resolve("other.txt")));
        for (String file : List.of("checkpoint/latest.safetensors", "metrics.jsonl")) {
            assertArrayEquals(Files.readAllBytes(usual.resolve(file)), Files.readAllBytes(other.resolve(file)), file);
        }
        String[] help = {"train", "--help"}; // picocli sorts the flags
        try (Greg plain = Greg.start(temp, List.of(), help);
                Greg greg = Greg.start(temp, List.of(options.split(" ")), help)) {
            assertEquals(0, plain.end() + greg.end());
            assertArrayEquals(plain.out(), greg.out());
        }
    }
}
