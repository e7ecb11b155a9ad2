package greg.pruning.run;

import greg.nn.io.CheckpointException;
import greg.nn.io.Safetensors;
import greg.nn.train.Score;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The network that a run folder stands for: of those that the run has kept, the one with the highest accuracy on the test images.
 * After a pruning these are pruned networks only, not the base network.
 *
 * @param name of the file in the folder
 * @param accuracy its top-1 in percent; null in runs of versions before 0.2, where the first in the order below is taken
 * @param other what the run's other network has, for people; may be empty
 */
record BestNetwork(String name, Double accuracy, String other) {
    private static final String ACCURACY = "test_accuracy";

    /** Of equally accurate networks the first of these is taken. */
    private static final List<String> KEPT = List.of(PruneRun.PRUNED, RunFiles.BEST, RunFiles.LATEST);

    /**
     * Looks at the networks in a folder.
     *
     * @param setting that names the folder, for the message
     * @throws RunException if there are none
     * @throws CheckpointException if one is damaged
     */
    static BestNetwork in(String setting, Path folder) {
        RunFolder.settle(folder);
        List<BestNetwork> kept = new ArrayList<>();
        for (String name : KEPT) {
            Path file = folder.resolve(name);
            if (Files.isRegularFile(file)) kept.add(new BestNetwork(name, accuracy(file), ""));
            if (kept.size() == 2) break; // the latest of a finished pruning is the pruned one
        }
        if (kept.isEmpty()) {
            throw new RunException(setting + ": " + folder + " is a folder with none of " + String.join(", ", KEPT)
                    + " in it; name a checkpoint file or the folder of a run");
        }
        BestNetwork first = kept.get(0);
        if (kept.size() == 1) return first;
        BestNetwork second = kept.get(1);
        if (first.accuracy == null || second.accuracy == null) return new BestNetwork(first.name, null, "");
        boolean swap = second.accuracy > first.accuracy;
        BestNetwork best = swap ? second : first;
        BestNetwork other = swap ? first : second;
        return new BestNetwork(best.name, best.accuracy, other.name + percent(other.accuracy));
    }

    /** Notes the accuracy in the metadata of a network. */
    static void note(Score score, Map<String, String> metadata) {
        metadata.put(ACCURACY, Double.toString(score.accuracy()));
    }

    private static Double accuracy(Path file) {
        String text = Safetensors.metadata(file).get(ACCURACY);
        if (text == null) return null;
        try {
            double percent = Double.parseDouble(text);
            if (percent >= 0 && percent <= 100) return percent;
        } catch (NumberFormatException e) {
            // as if it were out of range
        }
        throw new CheckpointException(file + ": its metadata has " + ACCURACY + " = " + text
                + ", expected a number from 0 to 100; the file is damaged, use another checkpoint");
    }

    private static String percent(double accuracy) {
        return String.format(Locale.ROOT, " %.2f%%", accuracy);
    }

    /** For people: which file, and why. */
    @Override
    public String toString() {
        if (accuracy == null) return name + "; the accuracy of its networks is not in the files";
        return "its best network, " + name + ": top-1" + percent(accuracy) + (other.isEmpty() ? "" : "; " + other);
    }
}
