package greg.pruning.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import greg.datasets.Dataset;
import greg.datasets.Datasets;
import greg.kernels.Backend;
import greg.kernels.Device;
import java.util.List;
import java.util.Map;

/**
 * {@code config.json}: everything needed to repeat a run.
 *
 * @param command train or prune
 * @param args its arguments, as given
 * @param version of greg
 * @param commit it was built from
 * @param java version of the JVM
 * @param os and the processor's architecture
 * @param arch of the network
 * @param code of a network that is not greg's; absent for others
 * @param seed of the run
 * @param device that computed
 * @param precision in which it did
 * @param jpegDecoder that decodes usual JPEG files; absent if the data set is not one of image files
 * @param dataset which images
 * @param options every option by name with its value, defaults included
 * @param recipe whose values the settings of {@code prune} have that nothing else decides; absent for {@code train}, and in
 *     runs of earlier versions
 * @param pruning the settings that result from the options of {@code prune}; absent for {@code train}
 */
public record RunConfig(
        String command,
        List<String> args,
        String version,
        String commit,
        String java,
        String os,
        String arch,
        @JsonInclude(JsonInclude.Include.NON_NULL) UserCode code,
        long seed,
        Device device,
        String precision,
        @JsonInclude(JsonInclude.Include.NON_NULL) String jpegDecoder,
        Images dataset,
        Map<String, Object> options,
        @JsonInclude(JsonInclude.Include.NON_NULL) Recipe recipe,
        @JsonInclude(JsonInclude.Include.NON_NULL) PruneSettings pruning) {
    /**
     * How a run was started.
     *
     * @param command train or prune
     * @param args its arguments, as given
     * @param options every option by name with its value, defaults included
     */
    public record Invocation(String command, List<String> args, Map<String, Object> options) {}

    /** Enough to see whether another run had the same images. */
    public record Images(String name, Half train, Half test, float[] mean, float[] std) {
        /** Those of a run that is about to begin. */
        public static Images of(RunData data) {
            return new Images(
                    data.name(),
                    Half.of(data.split().train()),
                    Half.of(data.split().test()),
                    data.normalization().mean(),
                    data.normalization().std());
        }

        /**
         * In what they differ from those of a run in the past, by the checksums that its config.json has.
         *
         * @param config its content
         * @return a phrase, or null if they are the same
         */
        public String difference(JsonNode config) {
            JsonNode then = config.path("dataset");
            String differs = difference("train", then.path("train"), train);
            return differs != null ? differs : difference("test", then.path("test"), test);
        }

        private static String difference(String half, JsonNode then, Half now) {
            String checksum = then.path("checksum").asText("unknown");
            if (checksum.equals(now.checksum)) return null;
            return "the " + half + " images are not the run's (" + now.checksum + ", expected " + checksum + ")";
        }
    }

    /** Training or test images. */
    public record Half(int records, String checksum) {
        static Half of(Dataset half) {
            return new Half(half.size(), half.checksum());
        }
    }

    /**
     * Describes a run: what, by which version, on which device and images.
     *
     * @param recipe null for a training
     * @param pruning null for a training
     */
    public static RunConfig of(
            Invocation invocation,
            Backend backend,
            RunData data,
            String arch,
            long seed,
            Recipe recipe,
            PruneSettings pruning) {
        return new RunConfig(
                invocation.command(),
                List.copyOf(invocation.args()),
                Version.number(),
                Version.commit(),
                System.getProperty("java.version"),
                System.getProperty("os.name") + " " + System.getProperty("os.arch"),
                arch,
                UserCode.of(arch),
                seed,
                backend.device(),
                backend.precision().toString(),
                Datasets.ofImageFiles().contains(data.name()) ? Datasets.jpegDecoder() : null,
                Images.of(data),
                invocation.options(),
                recipe,
                pruning);
    }
}
