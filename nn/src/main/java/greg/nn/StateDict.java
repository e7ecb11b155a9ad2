package greg.nn;

import greg.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * Parameters and buffers of a network on the host: ordered dotted name -&gt; shape and values, row-major (NCHW). What
 * checkpoints hold and what surgery cuts.
 */
public final class StateDict {
    private static final String DATA_PARALLEL = "module.";
    private static final Pattern DATA_PARALLEL_ANYWHERE = Pattern.compile("(?<=^|\\.)module\\.");
    private static final String VARIANCE = "running_var";
    private static final String COUNTER = "num_batches_tracked";
    private static final int NAMES_IN_MESSAGE = 5;

    /**
     * One tensor.
     *
     * @param shape its dimensions; none for a scalar
     * @param values row-major; not copied, so changing them changes the entry
     */
    public record Entry(Shape shape, float[] values) {
        /** Checks that the values fill the shape. */
        public Entry {
            if (values.length != shape.size()) {
                throw new IllegalArgumentException(
                        "state dict: shape " + shape + " needs " + shape.size() + " values, got " + values.length);
            }
        }
    }

    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /** Copies all parameters and buffers of {@code module} to the host, in PyTorch's order. */
    public static StateDict of(NnModule module) {
        StateDict state = new StateDict();
        tensors(module)
                .forEach((name, p) ->
                        state.put(name, p.tensor().shape(), p.tensor().toHost()));
        return state;
    }

    private static Map<String, Parameter> tensors(NnModule module) {
        Map<String, Parameter> all = new LinkedHashMap<>();
        module.visit((path, m) -> {
            String prefix = path.isEmpty() ? "" : path + ".";
            m.ownParameters().forEach((name, p) -> all.put(prefix + name, p));
            m.ownBuffers().forEach((name, b) -> all.put(prefix + name, b));
        });
        return all;
    }

    /** Adds a tensor, or replaces the one of that name in its place; {@code values} is not copied. */
    public void put(String name, Shape shape, float... values) {
        entries.put(name, new Entry(shape, values));
    }

    /** The tensor of that name; throws an error that names it if there is none. */
    public Entry get(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new IllegalArgumentException(
                    "state dict: no tensor '" + name + "'; there are " + some(new ArrayList<>(entries.keySet())));
        }
        return entry;
    }

    /** Whether there is a tensor of that name. */
    public boolean contains(String name) {
        return entries.containsKey(name);
    }

    /** All names, in order. */
    public Set<String> names() {
        return Collections.unmodifiableSet(entries.keySet());
    }

    /** Adds all of {@code other} under {@code prefix} + name, sharing the values. */
    public void putAll(String prefix, StateDict other) {
        other.entries.forEach((name, entry) -> entries.put(prefix + name, entry));
    }

    /** The tensors whose names start with {@code prefix}, which is removed; shares the values. May be empty. */
    public StateDict under(String prefix) {
        StateDict part = new StateDict();
        entries.forEach((name, entry) -> {
            if (name.startsWith(prefix)) part.entries.put(name.substring(prefix.length()), entry);
        });
        return part;
    }

    /** Without the {@code module.} that PyTorch's DataParallel puts before every name; itself if there is none. */
    public StateDict withoutPrefix() {
        if (entries.keySet().stream().noneMatch(name -> name.startsWith(DATA_PARALLEL))) return this;
        StateDict plain = new StateDict();
        entries.forEach((name, entry) -> plain.entries.put(
                name.startsWith(DATA_PARALLEL) ? name.substring(DATA_PARALLEL.length()) : name, entry));
        return plain;
    }

    /** Under the names that {@code module} has for its tensors; shares the values. */
    private StateDict named(NnModule module, Set<String> targets) {
        StateDict named = new StateDict();
        entries.forEach((name, entry) -> {
            String plain = DATA_PARALLEL_ANYWHERE.matcher(name).replaceAll("");
            named.entries.put(targets.contains(name) ? name : module.nameOf(plain), entry);
        });
        return named;
    }

    /** A checksum (CRC-32) of names, shapes and the bits of the values. */
    public long checksum() {
        CRC32 sum = new CRC32();
        entries.forEach((name, entry) -> {
            sum.update((name + entry.shape()).getBytes(StandardCharsets.UTF_8));
            ByteBuffer bytes = ByteBuffer.allocate(entry.values().length * Float.BYTES);
            bytes.asFloatBuffer().put(entry.values());
            sum.update(bytes);
        });
        return sum.getValue();
    }

    /**
     * What no network can compute with: which tensors have elements that are NaN or infinite, or running variances below 0, and
     * how many; null if there are none.
     */
    public String unusable() {
        List<String> found = new ArrayList<>();
        entries.forEach((name, entry) -> {
            boolean variance = name.endsWith(VARIANCE);
            int notFinite = 0;
            int negative = 0;
            for (float value : entry.values()) {
                if (!Float.isFinite(value)) notFinite++;
                else if (variance && value < 0) negative++;
            }
            String of = " of " + entry.values().length + " ";
            if (notFinite > 0) found.add(name + " (" + notFinite + of + "NaN or infinite)");
            if (negative > 0) found.add(name + " (" + negative + of + "negative)");
        });
        return found.isEmpty() ? null : "no network can compute with its values in " + some(found);
    }

    /**
     * What keeps the tensors from being loaded into {@code module}: all that are missing, not expected, and of another shape, with
     * their number and the first names of each kind; null if they fit. Nothing is loaded.
     */
    public String misfit(NnModule module) {
        Map<String, Parameter> targets = tensors(module);
        return named(module, targets.keySet()).misfit(targets);
    }

    private String misfit(Map<String, Parameter> targets) {
        List<String> missing = new ArrayList<>();
        List<String> shapes = new ArrayList<>();
        targets.forEach((name, p) -> {
            Entry entry = entries.get(name);
            if (entry == null) missing.add(name);
            else if (!entry.shape().equals(p.tensor().shape()))
                shapes.add(name + " (expected " + p.tensor().shape() + ", got " + entry.shape() + ")");
        });
        List<String> unexpected = new ArrayList<>();
        for (String name : entries.keySet()) {
            if (!targets.containsKey(name) && !isCounter(name)) unexpected.add(name);
        }
        if (missing.isEmpty() && shapes.isEmpty() && unexpected.isEmpty()) return null;
        List<String> parts = new ArrayList<>();
        if (!missing.isEmpty()) parts.add(missing.size() + " missing: " + some(missing));
        if (!unexpected.isEmpty()) parts.add(unexpected.size() + " not expected: " + some(unexpected));
        if (!shapes.isEmpty()) parts.add(shapes.size() + " of another shape: " + some(shapes));
        return String.join("; ", parts) + ". " + advice(missing);
    }

    /**
     * Overwrites every parameter and buffer of {@code module}. Names and shapes must match exactly, except that DataParallel's {@code
     * module.} is dropped, whether it wrapped the network ({@code module.conv1.weight}) or a part of it ({@code
     * features.module.0.weight}), that a network may know {@linkplain NnModule#nameOf other names}, and that PyTorch's batch counters
     * ({@code num_batches_tracked}) are skipped. Masked elements stay zero.
     *
     * @throws IllegalArgumentException naming what is missing, not expected, of another shape or {@linkplain #unusable
     *     unusable}; the module is unchanged
     */
    public void loadInto(NnModule module) {
        loadInto(module, false);
    }

    /**
     * As above.
     *
     * @param allowNonFinite take values that are {@linkplain #unusable unusable} too, e.g. to look at a network that diverged
     */
    public void loadInto(NnModule module, boolean allowNonFinite) {
        Map<String, Parameter> targets = tensors(module);
        StateDict named = named(module, targets.keySet());
        String misfit = named.misfit(targets);
        if (misfit != null) {
            throw new IllegalArgumentException(
                    "load weights: the tensors do not fit " + module.getClass().getSimpleName() + ": " + misfit);
        }
        String unusable = allowNonFinite ? null : unusable();
        if (unusable != null) throw new IllegalArgumentException("load weights: " + unusable);
        targets.forEach((name, p) -> {
            p.tensor().set(named.entries.get(name).values());
            p.zeroMasked();
        });
    }

    private static String advice(List<String> missing) {
        return missing.isEmpty()
                ? "Is this a checkpoint for other classes or channels, or of a pruned network without its plan?"
                : "Is this a checkpoint of another architecture?";
    }

    private static boolean isCounter(String name) {
        return name.equals(COUNTER) || name.endsWith("." + COUNTER);
    }

    private static String some(List<String> names) {
        int left = names.size() - NAMES_IN_MESSAGE;
        return left <= 0
                ? String.join(", ", names)
                : String.join(", ", names.subList(0, NAMES_IN_MESSAGE)) + " and " + left + " more";
    }
}
