package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import greg.nn.train.Augmentation;
import greg.pruning.run.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code --augment}, on image files that are larger than the requested size. */
class AugmentTest {
    @TempDir
    static Path data;

    @TempDir
    Path temp;

    @BeforeAll
    static void files() throws Exception {
        TinyData.imageFolder(data);
    }

    @AfterEach
    void noInterruptIsLeft() {
        Interrupts.pretend(0);
    }

    private static String[] train(String dataset, Path out, String augment) {
        List<String> args = new ArrayList<>(List.of("train", "--arch", "resnet8", "--dataset", dataset));
        args.addAll(List.of("--data", data.toString(), "--image-size", "8", "--device", ResumeTest.DEVICE));
        args.addAll(List.of("--threads", "1", "--epochs", "2", "--batch-size", "5", "--lr", "0.05"));
        args.addAll(List.of("--augment", augment, "--out", out.toString()));
        return args.toArray(new String[0]);
    }

    private String metrics(String dataset, String augment) throws Exception {
        Path out = temp.resolve(dataset + "-" + augment);
        Cli run = Cli.run(train(dataset, out, augment));
        assertEquals(0, run.code(), run.err());
        return Files.readString(out.resolve("metrics.jsonl")).replaceAll("\"(images_per_)?seconds?\":[^,}]*", "");
    }

    @Test
    void standardIsResizedCropForImagenetAndCropForOthers() throws Exception {
        for (String dataset : List.of("imagenet", "imagefolder")) {
            String crop = metrics(dataset, "crop");
            String resized = metrics(dataset, "resized-crop");
            String none = metrics(dataset, "none");
            assertNotEquals(crop, resized);
            assertNotEquals(crop, none);
            assertNotEquals(resized, none);
            assertEquals(dataset.equals("imagenet") ? resized : crop, metrics(dataset, "standard"));
        }
    }

    private static Augmentation augmentation(String flag, String dataset) {
        RunOptions run = new RunOptions();
        run.augment = flag;
        DataOptions images = new DataOptions();
        images.dataset = dataset;
        return run.augment(images);
    }

    @ParameterizedTest
    @CsvSource({
        "standard, imagenet, RESIZED_CROP",
        "standard, imagefolder, CROP",
        "standard, tiny-imagenet, CROP",
        "standard, cifar10, CROP",
        "standard, fashion-mini, CROP",
        "crop, imagenet, CROP",
        "resized-crop, tiny-imagenet, RESIZED_CROP",
        "resized-crop, imagefolder, RESIZED_CROP",
        "none, imagenet, NONE",
    })
    void kindsFollowFromFlagAndDataSet(String flag, String dataset, Augmentation kind) {
        assertEquals(kind, augmentation(flag, dataset));
    }

    @ParameterizedTest
    @CsvSource({"cifar10", "mnist", "synthetic", "fashion-mini"})
    void windowsOfImagesThatAreNoFilesAreRefused(String dataset) {
        UsageException e = assertThrows(UsageException.class, () -> augmentation("resized-crop", dataset));
        assertTrue(e.getMessage().contains("got " + dataset), e.getMessage());
    }

    /** Runs the command whole, and again with an interruption after every step. */
    private void survives(String[] whole, String[] broken, Path wholeOut, Path brokenOut) throws Exception {
        Cli uninterrupted = Cli.run(whole);
        assertEquals(0, uninterrupted.code(), uninterrupted.err());
        Interrupts.pretend(1);
        Cli run = Cli.run(broken);
        int interruptions = 0;
        while (run.code() == Failures.INTERRUPTED) {
            interruptions++;
            Interrupts.pretend(1);
            run = Cli.run(broken[0], "--resume", brokenOut.toString());
        }
        assertEquals(0, run.code(), run.err());
        assertTrue(interruptions >= 3, "interruptions: " + interruptions);
        RunFolders.assertSame(wholeOut, brokenOut);
    }

    @Test
    void aTrainingOnWindowsThatIsInterruptedEndsWithTheSameBits() throws Exception {
        Path whole = temp.resolve("whole");
        Path broken = temp.resolve("broken");
        survives(train("imagenet", whole, "standard"), train("imagenet", broken, "standard"), whole, broken);
    }

    private static String[] prune(Path out) {
        List<String> args = new ArrayList<>(List.of("prune", "--arch", "resnet8", "--dataset", "imagefolder"));
        args.addAll(List.of("--data", data.toString(), "--image-size", "8", "--augment", "resized-crop"));
        args.addAll(List.of("--device", ResumeTest.DEVICE, "--threads", "1", "--stage-pr", "[0,0.5,0.5,0.5,0]"));
        args.addAll(List.of("--base-epochs", "1", "--base-lr", "0.01", "--epochs", "1", "--lr-ft", "0.01"));
        args.addAll(List.of("--batch-size", "8", "--batch-size-prune", "5", "--update-reg-interval", "1"));
        args.addAll(List.of("--stabilize-reg-interval", "2", "--reg-upper-limit", "1", "--method", "GReg-1"));
        args.addAll(List.of("--reg-granularity-prune", "0.25", "--out", out.toString()));
        return args.toArray(new String[0]);
    }

    @Test
    void aPruneRunOnWindowsThatIsInterruptedEndsWithTheSameBits() throws Exception {
        Path whole = temp.resolve("whole");
        Path broken = temp.resolve("broken");
        survives(prune(whole), prune(broken), whole, broken);
        String config = new ObjectMapper()
                .readTree(whole.resolve("config.json").toFile())
                .get("pruning")
                .toString();
        assertTrue(config.contains("\"augment\":\"resized-crop\""), config);
    }
}
