package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An image folder in which some files cannot be decoded: found by {@code data verify}, and refused or left out by a run. */
class BadImagesTest {
    @TempDir
    Path temp;

    private Path images;
    private Path out;

    @BeforeEach
    void write() throws IOException {
        images = TinyData.imageFolder(temp.resolve("images"));
        out = temp.resolve("run");
    }

    @AfterEach
    void noInterruptIsLeft() {
        Interrupts.pretend(0);
    }

    private Cli train(String... more) {
        List<String> args = new ArrayList<>(List.of("train", "--arch", "resnet8", "--dataset", "imagefolder"));
        args.addAll(List.of("--data", images.toString(), "--image-size", "16", "--epochs", "1", "--batch-size", "4"));
        args.addAll(List.of("--device", "reference", "--out", out.toString()));
        args.addAll(Arrays.asList(more));
        return Cli.run(args.toArray(new String[0]));
    }

    private Path damage(String file) throws IOException {
        byte[] bytes = Files.readAllBytes(images.resolve(file));
        return Files.write(images.resolve(file), Arrays.copyOf(bytes, bytes.length - 2));
    }

    @Test
    void verifyListsAllBadFiles() throws IOException {
        Cli good = Cli.run("data", "verify", "imagefolder", "--image-size", "16", "--data", images.toString());
        assertEquals(0, good.code(), good.err());
        assertEquals(2, good.out().lines().count(), good.out());
        Path first = damage("train/class0/image2.jpg");
        Path second = damage("train/class1/image3.jpg");
        Path third = Files.createSymbolicLink(images.resolve("val/class0/link.jpg"), temp.resolve("nowhere"));
        Cli bad = Cli.run("data", "verify", "imagefolder", "--image-size", "16", "--data", images.toString());
        assertEquals(1, bad.code());
        assertEquals(
                List.of(
                        first + ": truncated: a JPEG without its end",
                        second + ": truncated: a JPEG without its end",
                        third + ": does not exist"),
                bad.out().lines().limit(3).toList());
        assertTrue(bad.out().contains("imagefolder/train: 10 images"), bad.out());
        String last = bad.err().lines().reduce((a, b) -> b).orElse("");
        assertTrue(
                last.matches("greg: data verify imagefolder: 3 image files cannot be used; .* --skip-bad-images"),
                last);
    }

    @Test
    void aRunNamesTheFirstBadFileAndTheChoice() throws IOException {
        damage("train/class0/image2.jpg");
        Cli result = train();
        assertEquals(1, result.code(), result.err());
        String last = result.err().lines().reduce((a, b) -> b).orElse("");
        assertTrue(last.matches("greg: .*image2.jpg: truncated.* with --skip-bad-images"), last);
    }

    @Test
    void aRunMayLeaveThemOut() throws IOException {
        damage("train/class0/image2.jpg");
        damage("val/class1/image13.jpg");
        Cli result = train("--skip-bad-images");
        assertEquals(0, result.code(), result.err());
        List<String> warnings =
                result.err().lines().filter(l -> l.contains("left out")).toList();
        assertEquals(1, warnings.size(), result.err());
        assertTrue(
                warnings.get(0).matches("warning: left out 2 image files .*image2.jpg: truncated.*data verify.*"),
                warnings.get(0));
        assertTrue(Files.readString(out.resolve("config.json")).contains("\"records\" : 11"));
    }

    @Test
    void whereThereAreNoImageFilesTheChoiceIsRefused() {
        Cli result = Cli.run("train", "--dataset", "synthetic", "--skip-bad-images", "--out", out.toString());
        assertEquals(2, result.code());
        assertTrue(result.err().startsWith("greg: --skip-bad-images: synthetic has no image files"), result.err());
        assertFalse(Files.exists(out));
    }

    @Test
    void aRunIsNotResumedOnOtherPixels() throws IOException {
        Interrupts.pretend(1);
        assertEquals(130, train().code());
        Interrupts.pretend(0);
        Path file = images.resolve("train/class0/image2.jpg");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 10] ^= 1;
        Files.write(file, bytes);
        Cli resumed = Cli.run("train", "--resume", out.toString());
        assertEquals(1, resumed.code(), resumed.err());
        assertTrue(resumed.err().contains("the train images are not the run's"), resumed.err());
    }
}
