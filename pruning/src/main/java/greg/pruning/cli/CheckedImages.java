package greg.pruning.cli;

import com.fasterxml.jackson.databind.JsonNode;
import greg.pruning.run.RunConfig;
import greg.pruning.run.RunData;
import java.util.List;

/** The images of commands that are only checked, one after another: most have the same, which are opened once. */
final class CheckedImages {
    private List<Object> flags;
    private RunData images;
    /** Their checksums; null as long as nothing had to be compared with them. */
    private RunConfig.Images sums;

    /** Those that the flags name. */
    RunData open(DataOptions data, Console console) {
        List<Object> wanted = data.ofImages();
        if (!wanted.equals(flags)) {
            images = null; // two large data sets need not fit into memory
            sums = null;
            images = data.open(console);
            flags = wanted;
        }
        return images;
    }

    /** In what those opened last differ from the images of the run that has this config.json; null if in nothing. */
    String difference(JsonNode config) {
        if (sums == null) sums = RunConfig.Images.of(images);
        return sums.difference(config);
    }
}
