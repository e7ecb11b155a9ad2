package greg.campaign;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** The inputs of a target by number: first the valid ones, then what broke it once, then mutants of both. */
final class Inputs {
    private static final Path CORPUS = Path.of("src/test/resources/greg/campaign");

    private final Mutator mutator;
    private final long seed;
    private final List<byte[]> known;
    private final int valid;

    Inputs(Target target, long seed) throws Exception {
        mutator = target.mutator();
        this.seed = seed;
        known = new ArrayList<>(target.seeds());
        valid = known.size();
        known.addAll(corpus(target));
    }

    /** Reproducers of mended bugs. */
    private static List<byte[]> corpus(Target target) throws IOException {
        Path folder = CORPUS.resolve(target.name());
        List<byte[]> files = new ArrayList<>();
        if (!Files.isDirectory(folder)) return files;
        try (Stream<Path> all = Files.list(folder)) {
            for (Path file : all.sorted().toList()) files.add(Files.readAllBytes(file));
        }
        return files;
    }

    /** Those that are not mutants. */
    List<byte[]> known() {
        return known;
    }

    /** Input {@code i}: always the same one for the same seed and corpus. */
    byte[] get(long i) {
        if (i < known.size()) return known.get((int) i);
        SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + i);
        // mostly of valid ones, of which more is read
        byte[] input = known.get(random.nextInt(random.nextInt(4) == 0 ? known.size() : valid));
        return mutator.mutate(input, known.get(random.nextInt(known.size())), random);
    }
}
