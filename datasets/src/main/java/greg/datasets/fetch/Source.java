package greg.datasets.fetch;

import greg.datasets.DatasetException;
import greg.datasets.Datasets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where a data set comes from.
 *
 * @param name of the data set
 * @param archives the files of its official site
 * @param complete the files that unpacking leaves, relative to its folder
 */
public record Source(String name, List<Archive> archives, List<String> complete) {
    private static final Map<String, Source> ALL = new LinkedHashMap<>();

    static {
        add(new Source(
                "cifar10",
                List.of(Archive.of(
                        "md5:c32a1d4ab5d03f1284b67883e8d87530",
                        Unpack.TAR_GZ,
                        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz")),
                List.of(
                        "cifar-10-batches-bin/data_batch_1.bin",
                        "cifar-10-batches-bin/data_batch_2.bin",
                        "cifar-10-batches-bin/data_batch_3.bin",
                        "cifar-10-batches-bin/data_batch_4.bin",
                        "cifar-10-batches-bin/data_batch_5.bin",
                        "cifar-10-batches-bin/test_batch.bin")));
        add(new Source(
                "cifar100",
                List.of(Archive.of(
                        "md5:03b5dce01913d631647c71ecec9e9cb8",
                        Unpack.TAR_GZ,
                        "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz")),
                List.of("cifar-100-binary/train.bin", "cifar-100-binary/test.bin")));
        add(idx(
                "fashion-mnist",
                List.of("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"),
                "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                "25c81989df183df01b3e8a0aad5dffbe",
                "bef4ecab320f06d8554ea6380940ec79",
                "bb300cfdad3c16e7a12a480ee83cd310"));
        add(idx(
                "mnist",
                List.of("http://yann.lecun.com/exdb/mnist/", "https://ossci-datasets.s3.amazonaws.com/mnist/"),
                "f68b3c2dcbeaaa9fbdd348bbdeb94873",
                "d53e105ee54ea40749a09fcbcd1e9432",
                "9fb629c4189551a2d022fa330f9573f3",
                "ec29112dd5afa0611ce80d1b7f02629c"));
        add(new Source(
                "tiny-imagenet",
                List.of(Archive.of(
                        "md5:90528d7ca1a48142e341f4ef8d21d0de",
                        Unpack.ZIP,
                        "http://cs231n.stanford.edu/tiny-imagenet-200.zip")),
                List.of("tiny-imagenet-200/train", "tiny-imagenet-200/val/val_annotations.txt")));
    }

    private static void add(Source source) {
        ALL.put(source.name, source);
    }

    /** The four files of the MNIST family, which are read packed as they are. */
    private static Source idx(String name, List<String> sites, String... md5) {
        List<String> files = List.of(
                "train-images-idx3-ubyte.gz",
                "train-labels-idx1-ubyte.gz",
                "t10k-images-idx3-ubyte.gz",
                "t10k-labels-idx1-ubyte.gz");
        Archive[] archives = new Archive[files.size()];
        for (int i = 0; i < archives.length; i++) {
            String file = files.get(i);
            archives[i] = Archive.of(
                    "md5:" + md5[i],
                    Unpack.NOTHING,
                    sites.stream().map(s -> s + file).toArray(String[]::new));
        }
        return new Source(name, List.of(archives), files);
    }

    /** The names of the data sets that can be fetched. */
    public static List<String> names() {
        return List.copyOf(ALL.keySet());
    }

    /**
     * The source of a data set.
     *
     * @throws IllegalArgumentException for an unknown name, and for data sets that cannot be downloaded freely
     */
    public static Source of(String name) {
        Source source = ALL.get(name);
        if (source != null) return source;
        if (name.equals("imagenet")) {
            throw new IllegalArgumentException(
                    "data fetch imagenet: www.image-net.org gives ILSVRC-2012 only to those who"
                            + " agree to its terms; unpack its archives as train/CLASS/*.JPEG and val/CLASS/*.JPEG in "
                            + Datasets.folder(name) + " or name their folder with the setting data");
        }
        String hint = Datasets.names().contains(name) ? "there is nothing to fetch for it" : "unknown data set";
        throw new IllegalArgumentException(
                "data fetch " + name + ": " + hint + "; can be fetched: " + String.join(", ", ALL.keySet()));
    }

    /** Whether everything is in that folder already. */
    public boolean isIn(Path folder) {
        return complete.stream().allMatch(file -> Files.exists(folder.resolve(file)));
    }

    /**
     * Downloads what is missing and unpacks it.
     *
     * @param folder where to; created if necessary
     * @throws DatasetException if a site cannot be reached or sends something else; what has arrived is kept for the next
     *     attempt
     */
    public void fetch(Path folder, Download download) {
        if (isIn(folder)) return;
        for (Archive archive : archives) {
            Path file = download.get(name, archive, folder);
            archive.unpack().run(file, folder);
        }
        if (!isIn(folder)) {
            throw new DatasetException("data fetch " + name + ": the archives were unpacked into " + folder
                    + ", but of " + String.join(", ", complete) + " something is missing; the site may have changed"
                    + " them");
        }
    }
}
