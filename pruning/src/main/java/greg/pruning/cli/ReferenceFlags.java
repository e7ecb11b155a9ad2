package greg.pruning.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Flags of the reference implementation that greg does not have: what to do instead when one is pasted. */
final class ReferenceFlags {
    private static final Set<String> OF_PRUNE = Set.of("--lr", "--learning-rate");
    private static final Map<String, String> INSTEAD = new LinkedHashMap<>();

    static {
        put("the folder of the run is named with --out", "--project", "--project-name", "--note");
        put("progress is always shown", "--screen", "--screen-print", "-p", "--print-freq", "--print-interval");
        put("name the file of the network with --weights", "--pretrained", "--directly-ft-weights");
        put("growth has --lr-prune, finetuning --lr-ft", "--lr", "--learning-rate");
        put("--workers", "-j");
        put("'greg evaluate' does it", "-e", "--evaluate");
        put("--device cuda:N", "--gpu");
        put("--resume continues a run from its folder", "--resume-path", "--start-epoch");
        put("--checkpoint-interval, in seconds", "--save-interval");
        put("report.html in the folder of the run has the plots", "--plot-interval");
        put("metrics.jsonl in the folder of the run has it", "--save-mag-reg-log", "--save-order-log");
        put("checkpoint/base.safetensors in the folder of the run is the base network", "--save-init-model");
        put("choose an --arch that ends in _nobn", "--not-use-bn");
        put("--config repeats a run", "--params-json");
        put("not in greg", "--model-noise-std", "--model-noise-num");
        put(
                "a run uses one device",
                "--world-size",
                "--rank",
                "--dist-url",
                "--dist-backend",
                "--multiprocessing-distributed");
    }

    private ReferenceFlags() {}

    private static void put(String instead, String... flags) {
        for (String flag : flags) INSTEAD.put(flag, instead);
    }

    /** Whether a flag is one of them, for a command; what is said to some only helps in {@code prune}. */
    static boolean contains(String command, String flag) {
        return INSTEAD.containsKey(flag) && (command.equals("prune") || !OF_PRUNE.contains(flag));
    }

    /** What is said to them, in one phrase. */
    static String message(String command, List<String> flags) {
        List<String> known = flags.stream()
                .filter(flag -> contains(command, flag))
                .distinct()
                .toList();
        String each =
                known.stream().map(flag -> flag + ": " + INSTEAD.get(flag)).collect(Collectors.joining("; "));
        return "leave out " + String.join(", ", known) + ", which only the reference implementation has (" + each + ")";
    }
}
