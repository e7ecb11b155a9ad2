package greg.datasets;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Finds the image files below one folder per class. */
final class ClassFolders {

    private static final List<String> EXTENSIONS = List.of(".jpg", ".jpeg", ".png", ".bmp");

    private ClassFolders() {}

    /** Names of the class folders, sorted. */
    static List<String> classes(String name, Path folder) {
        try (Stream<Path> children = Files.list(folder)) {
            List<String> names = children.filter(Files::isDirectory)
                    .map(p -> p.getFileName().toString())
                    .filter(n -> !n.startsWith("."))
                    .sorted()
                    .toList();
            if (names.isEmpty()) {
                throw new DatasetException(
                        name + ": expected a folder of images for each class in " + folder + ", found no folder there");
            }
            return names;
        } catch (IOException e) {
            throw unlisted(folder, e);
        } catch (UncheckedIOException e) {
            throw unlisted(folder, e.getCause());
        }
    }

    /** The files of each class; every class folder must be known and must hold an image. */
    static List<ImageFolder.Entry> list(String name, Path folder, List<String> classes) {
        List<ImageFolder.Entry> entries = new ArrayList<>();
        for (String found : classes(name, folder)) {
            int label = classes.indexOf(found);
            if (label < 0) {
                throw new DatasetException(name + ": " + folder.resolve(found)
                        + " is a class that the training folder does not have; it has " + classes.size()
                        + " classes, the first is " + classes.get(0));
            }
            int before = entries.size();
            for (Path file : images(folder.resolve(found))) {
                entries.add(new ImageFolder.Entry(file, label));
            }
            if (entries.size() == before) {
                throw new DatasetException(name + ": expected images (jpg, jpeg, png, bmp) in " + folder.resolve(found)
                        + ", found none; add some or remove the folder");
            }
        }
        return entries;
    }

    private static List<Path> images(Path folder) {
        try (Stream<Path> tree = Files.find(
                folder,
                Integer.MAX_VALUE,
                (path, attributes) ->
                        !attributes.isDirectory() && isImage(path.getFileName().toString()),
                FileVisitOption.FOLLOW_LINKS)) {
            return tree.sorted().toList();
        } catch (IOException e) {
            throw unlisted(folder, e);
        } catch (UncheckedIOException e) { // how a stream of paths reports an error during iteration
            throw unlisted(folder, e.getCause());
        }
    }

    private static DatasetException unlisted(Path folder, IOException e) {
        return new DatasetException(
                folder + ": cannot be listed (" + DataFiles.reason(e) + "); check the folder and its permissions", e);
    }

    private static boolean isImage(String file) {
        String lower = file.toLowerCase(Locale.ROOT);
        return !file.startsWith(".") && EXTENSIONS.stream().anyMatch(lower::endsWith);
    }

    /** The folder, if there is one. */
    static Path requireFolder(String name, Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new DatasetException(
                    name + ": no folder " + folder
                            + "; expected train/CLASS/*.jpg|png and test|val/CLASS/*.jpg|png; name their parent with the setting data");
        }
        return folder;
    }
}
