package greg.datasets;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Work on all files of an image folder: which of them can be used, and what they contain. */
final class ImageFiles {
    private ImageFiles() {}

    /**
     * The files of a data set that may be read: all of them, or with {@link ImageCheck#skipBad} those that can be decoded.
     *
     * @throws DatasetException if one is a pipe, a device or missing, or if none is left
     */
    static List<ImageFolder.Entry> usable(String name, List<ImageFolder.Entry> entries, ImageCheck check) {
        String[] why = new String[entries.size()];
        if (!check.skipBad()) {
            parallel(entries.size(), i -> why[i] = irregular(entries.get(i).file()));
            for (int i = 0; i < why.length; i++) {
                if (why[i] != null) throw new BadImageException(entries.get(i).file(), why[i], null);
            }
            return entries;
        }
        each("check " + name, entries.size(), check, i -> {
            try {
                ImageDecoder.decode(entries.get(i).file());
            } catch (BadImageException e) {
                why[i] = e.why();
            }
        });
        List<ImageFolder.Entry> good = new ArrayList<>();
        for (int i = 0; i < why.length; i++) {
            if (why[i] == null) good.add(entries.get(i));
            else check.bad(entries.get(i).file(), why[i]);
        }
        if (good.isEmpty()) {
            throw new DatasetException(name + ": none of the " + why.length + " images can be decoded; the first, "
                    + entries.get(0).file() + ", " + why[0]);
        }
        return good;
    }

    /** Why a file must not even be opened, since reading it might never end; null if it may. */
    static String irregular(Path file) {
        if (Files.isRegularFile(file)) return null;
        return Files.exists(file) ? "is a pipe, a device or a folder, not a file" : "does not exist";
    }

    /** Runs an action for 0 .. count-1 on all processors and reports the progress. */
    static void each(String task, int count, ImageCheck check, IntConsumer action) {
        long[] done = {0};
        check.progress(task, 0, count);
        parallel(count, i -> {
            action.accept(i);
            synchronized (done) {
                check.progress(task, ++done[0], count);
            }
        });
    }

    private static void parallel(int count, IntConsumer action) {
        IntStream.range(0, count).parallel().forEach(action);
    }
}
