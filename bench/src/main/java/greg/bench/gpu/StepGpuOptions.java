package greg.bench.gpu;

import greg.kernels.Precision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Options of {@link StepGpu}.
 *
 * @param out folder of the results
 * @param device of greg
 * @param networks whose steps are timed
 * @param precisions of each
 * @param samples steps that are waited for, in one turn; a tenth of them on large images; the peer takes twice as many
 * @param warmup steps before the first turn
 * @param rounds turns, at least; with a peer one for each of its modes
 * @param images of 32 x 32 pixels; of larger ones as many bytes
 * @param scratchBytes of the blocks by which the copy is timed in a profile
 * @param deterministic whether kernels must give the same bits in each run
 * @param torch command that starts PyTorch's side, or empty
 * @param torchSeconds for one of its answers
 * @param torchTotal seconds for all of its answers
 * @param command the options as they were given
 */
record StepGpuOptions(
        Path out,
        String device,
        List<Network> networks,
        List<Precision> precisions,
        int samples,
        int warmup,
        int rounds,
        int images,
        long scratchBytes,
        boolean deterministic,
        List<String> torch,
        int torchSeconds,
        int torchTotal,
        String command) {
    /** What {@link #parse} takes. */
    static final String USAGE =
            "--out FOLDER [--networks resnet56:128,resnet50:128,...] [--precisions tf32,bf16] [--samples N]"
                    + " [--warmup N] [--rounds N] [--images N] [--scratch MIB] [--device cuda:n] [--deterministic yes]"
                    + " [--torch \"python3 step_torch.py\"] [--torch-seconds N] [--torch-total N]";

    private static final Map<String, String> DEFAULTS = Map.ofEntries(
            Map.entry("--device", "cuda"),
            Map.entry("--networks", "resnet56:128,resnet50:128,resnet50:64,resnet20:128"),
            Map.entry("--precisions", "tf32,bf16"),
            Map.entry("--samples", "50"),
            Map.entry("--warmup", "20"),
            Map.entry("--rounds", "4"),
            Map.entry("--images", "50000"),
            Map.entry("--scratch", "1024"),
            Map.entry("--deterministic", "no"),
            Map.entry("--torch", ""),
            Map.entry("--torch-seconds", "120"),
            Map.entry("--torch-total", "3600"));

    /** A network and the images of a step. */
    record Network(String arch, int batch) {}

    /**
     * Reads options.
     *
     * @throws IllegalArgumentException if they are not as {@link #USAGE} says
     */
    static StepGpuOptions parse(String... args) {
        Map<String, String> given = new HashMap<>(DEFAULTS);
        for (int i = 0; i < args.length; i += 2) {
            if (!DEFAULTS.containsKey(args[i]) && !args[i].equals("--out")) {
                throw usage("one of the options, got " + args[i]);
            }
            if (i + 1 == args.length) throw usage("a value after " + args[i]);
            given.put(args[i], args[i + 1]);
        }
        if (!given.containsKey("--out")) throw usage("--out");
        String torch = given.get("--torch").strip();
        return new StepGpuOptions(
                Path.of(given.get("--out")),
                given.get("--device"),
                networks(given.get("--networks")),
                precisions(given.get("--precisions")),
                positive(given, "--samples"),
                positive(given, "--warmup"),
                positive(given, "--rounds"),
                positive(given, "--images"),
                (long) positive(given, "--scratch") << 20,
                given.get("--deterministic").equals("yes"),
                torch.isEmpty() ? List.of() : List.of(torch.split("\\s+")),
                positive(given, "--torch-seconds"),
                positive(given, "--torch-total"),
                "StepGpu " + String.join(" ", args));
    }

    private static List<Network> networks(String text) {
        List<Network> networks = new ArrayList<>();
        for (String part : text.split(",")) {
            String[] words = part.split(":");
            if (words.length != 2) throw usage("--networks with networks such as resnet56:128, got " + part);
            networks.add(new Network(words[0], number("--networks", words[1])));
        }
        return networks;
    }

    private static List<Precision> precisions(String text) {
        List<Precision> precisions = new ArrayList<>();
        for (String part : text.split(",")) {
            try {
                precisions.add(Precision.valueOf(part.toUpperCase(Locale.ROOT)));
            } catch (IllegalArgumentException unknown) {
                throw usage("--precisions with some of fp32, tf32, bf16, got " + part);
            }
        }
        return precisions;
    }

    private static int positive(Map<String, String> given, String option) {
        return number(option, given.get(option));
    }

    private static int number(String option, String value) {
        try {
            int number = Integer.parseInt(value);
            if (number > 0) return number;
        } catch (NumberFormatException notANumber) {
            // reported below, with the option's name
        }
        throw usage(option + " with a number from 1, got " + value);
    }

    private static IllegalArgumentException usage(String expected) {
        return new IllegalArgumentException("StepGpu: expected " + expected + "; options: " + USAGE);
    }
}
