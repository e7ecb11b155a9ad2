package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.KernelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of one PTX file and the signatures of its entries, read from the text itself, so that a launch with the wrong
 * number or types of arguments is rejected instead of reading whatever follows them in memory.
 *
 * @param name file name without {@code .ptx}
 * @param text the file
 * @param entries parameters of each entry, in order
 */
record PtxSource(String name, String text, Map<String, List<Parameter>> entries) {
    /** The files of this project, in alphabetical order. */
    static final List<String> NAMES = List.of(
            "augment",
            "average_pool",
            "batch_norm",
            "batch_norm_gradient",
            "batch_norm_statistics",
            "batch_norm_sums",
            "bias",
            "bias_matrix",
            "concat",
            "dropout",
            "elementwise",
            "gate",
            "global_average",
            "layout",
            "max_pool",
            "penalty",
            "random",
            "reduction",
            "shortcut",
            "sigmoid",
            "softmax_loss",
            "step",
            "transfer",
            "update_adam",
            "update_sgd",
            "upsample_nearest");

    private static final Pattern PART = Pattern.compile("(?m)^ *\\.part (\\w+)\\n");
    private static final Pattern ENTRY = Pattern.compile("\\.visible\\s+\\.entry\\s+(\\w+)\\s*\\(([^)]*)\\)");
    private static final Pattern PARAMETER = Pattern.compile("\\.param\\s+\\.([a-z]\\d+)\\s+(\\w+)");

    /** What a parameter holds. */
    enum Kind {
        U32(4),
        U64(8),
        F32(4);

        final int bytes;

        Kind(int bytes) {
            this.bytes = bytes;
        }
    }

    /** One parameter of an entry. */
    record Parameter(String name, Kind kind) {}

    /** Reads a file of {@link #NAMES} from the class path, for activations in float32. */
    static PtxSource read(String name) {
        return read(name, DType.FLOAT32);
    }

    /** As above, for activations of this type: {@link PtxElements}. */
    static PtxSource read(String name, DType type) {
        String path = "/greg/kernels/ptx/" + name + ".ptx";
        String text = PtxElements.expand(name, withParts(resource(path)), type);
        return new PtxSource(name, text, entries(path, text));
    }

    /** A line {@code .part name} stands for the file of that name in {@code ptx_parts}: what kernels have in common. */
    private static String withParts(String text) {
        Matcher part = PART.matcher(text);
        return part.replaceAll(found ->
                Matcher.quoteReplacement(withParts(resource("/greg/kernels/ptx_parts/" + found.group(1) + ".ptx"))));
    }

    private static String resource(String path) {
        try (InputStream in = PtxSource.class.getResourceAsStream(path)) {
            if (in == null) throw new KernelException("cuda: " + path + " is missing from the class path");
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new KernelException("cuda: " + path + " cannot be read from the class path", e);
        }
    }

    private static Map<String, List<Parameter>> entries(String path, String text) {
        Map<String, List<Parameter>> entries = new LinkedHashMap<>();
        Matcher entry = ENTRY.matcher(text);
        while (entry.find()) {
            List<Parameter> parameters = new ArrayList<>();
            Matcher parameter = PARAMETER.matcher(entry.group(2));
            while (parameter.find()) {
                parameters.add(new Parameter(parameter.group(2), kind(path, entry.group(1), parameter.group(1))));
            }
            entries.put(entry.group(1), List.copyOf(parameters));
        }
        return entries;
    }

    private static Kind kind(String path, String entry, String type) {
        for (Kind kind : Kind.values()) {
            if (kind.name().toLowerCase(java.util.Locale.ROOT).equals(type)) return kind;
        }
        throw new KernelException("cuda: " + path + ": entry " + entry + " has a parameter of type ." + type
                + ", expected one of " + Arrays.toString(Kind.values()));
    }

    /** The text as CUDA expects it: bytes followed by a zero. */
    byte[] image() {
        return (text + '\0').getBytes(StandardCharsets.US_ASCII);
    }
}
