package greg.nn.io;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * SHA-256 checksums that greg keeps in the metadata of a safetensors file, so that no flipped bit of it goes unseen: one of
 * each tensor's bytes under {@code greg.sha256.NAME}, and one of everything else under {@code greg.sha256}: all other
 * metadata, those of the tensors included, and name, type and shape of every tensor. {@code greg.checksums} says that they
 * are there: whichever of the keys is damaged itself, another one shows that it is missing. Files of other programs have
 * none.
 */
final class Checksums {
    private static final String THERE = "greg.checksums";
    private static final String KIND = "SHA-256";
    private static final String REST = "greg.sha256";
    private static final String TENSOR = REST + ".";

    private Checksums() {}

    private static boolean isOne(String key) {
        return key.equals(THERE) || key.startsWith(REST);
    }

    /**
     * {@code metadata} with the checksums.
     *
     * @param tensors name to type and shape, as {@link #describe} gives them
     * @param sums name to checksum of its bytes
     */
    static Map<String, String> added(
            Map<String, String> metadata, Map<String, String> tensors, Map<String, String> sums) {
        for (String key : metadata.keySet()) {
            if (isOne(key)) {
                throw new IllegalArgumentException("safetensors: the metadata key '" + key
                        + "' is one of the file's own checksums; name it otherwise");
            }
        }
        Map<String, String> all = new LinkedHashMap<>(metadata);
        sums.forEach((name, sum) -> all.put(TENSOR + name, sum));
        all.put(THERE, KIND);
        all.put(REST, rest(all, tensors));
        return all;
    }

    /** Type and shape of a tensor, for {@link #added}. */
    static String describe(ElementType type, int... dims) {
        StringBuilder text = new StringBuilder(type.name());
        for (int dim : dims) text.append(' ').append(dim);
        return text.toString();
    }

    /** Of everything but the bytes of the tensors. */
    private static String rest(Map<String, String> metadata, Map<String, String> tensors) {
        Sha256 sum = new Sha256();
        for (Map<String, String> part : List.of(metadata, tensors)) {
            sum.addPart(Integer.toString(part.size()));
            new TreeMap<>(part).forEach((key, value) -> sum.addPart(key).addPart(value));
        }
        return sum.hex();
    }

    /** Whether a file has checksums. */
    static boolean in(Map<String, String> metadata) {
        return metadata.keySet().stream().anyMatch(Checksums::isOne);
    }

    /**
     * Checks everything but the bytes of the tensors.
     *
     * @param tensors as in {@link #added}
     * @throws CheckpointException if something has changed
     */
    static void verifyRest(Path file, Map<String, String> metadata, Map<String, String> tensors) {
        Map<String, String> others = new HashMap<>(metadata);
        String expected = others.remove(REST);
        if (!rest(others, tensors).equals(expected)) throw bad(file, "its header");
    }

    /** Checks the bytes of one tensor; CheckpointException if they have changed. */
    static void verifyTensor(Path file, Map<String, String> metadata, String name, Sha256 sum) {
        if (!sum.hex().equals(metadata.get(TENSOR + name))) throw bad(file, "tensor " + name);
    }

    /** What the file's writer gave as metadata. */
    static Map<String, String> removed(Map<String, String> metadata) {
        Map<String, String> plain = new LinkedHashMap<>(metadata);
        plain.keySet().removeIf(Checksums::isOne);
        return plain;
    }

    private static CheckpointException bad(Path file, String what) {
        return new CheckpointException(
                "read " + file + ": " + what + " is damaged, its SHA-256 is not the one that greg"
                        + " wrote; use another copy of the file (a program that changes such a file on purpose has to leave"
                        + " out the metadata " + THERE + " and " + REST + "...)");
    }
}
