package greg.pruning.cli;

import greg.pruning.run.RunData;
import java.util.List;

/** The images of commands that are only checked, one after another: most have the same, which are opened once. */
final class CheckedImages {
    private List<Object> flags;
    private RunData images;

    /** Those that the flags name. */
    RunData open(DataOptions data, Console console) {
        List<Object> wanted = data.ofImages();
        if (!wanted.equals(flags)) {
            images = null; // two large data sets need not fit into memory
            images = data.open(console);
            flags = wanted;
        }
        return images;
    }
}
