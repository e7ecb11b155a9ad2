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
                        170_052_171,
                        digests(
                                "c32a1d4ab5d03f1284b67883e8d87530",
                                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
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
                        168_513_733,
                        digests(
                                "03b5dce01913d631647c71ecec9e9cb8",
                                "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"),
                        Unpack.TAR_GZ,
                        "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz")),
                List.of("cifar-100-binary/train.bin", "cifar-100-binary/test.bin")));
        // the site that the authors name has no https; their repository has the same files
        add(idx(
                "fashion-mnist",
                List.of(
                        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
                        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"),
                new long[] {26_421_880, 29_515, 4_422_102, 5_148},
                List.of(
                        digests(
                                "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
                        digests(
                                "25c81989df183df01b3e8a0aad5dffbe",
                                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
                        digests(
                                "bef4ecab320f06d8554ea6380940ec79",
                                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
                        digests(
                                "bb300cfdad3c16e7a12a480ee83cd310",
                                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"))));
        // yann.lecun.com has no https
        add(idx(
                "mnist",
                List.of(
                        "https://ossci-datasets.s3.amazonaws.com/mnist/",
                        "https://storage.googleapis.com/cvdf-datasets/mnist/"),
                new long[] {9_912_422, 28_881, 1_648_877, 4_542},
                List.of(
                        digests(
                                "f68b3c2dcbeaaa9fbdd348bbdeb94873",
                                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
                        digests(
                                "d53e105ee54ea40749a09fcbcd1e9432",
                                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
                        digests(
                                "9fb629c4189551a2d022fa330f9573f3",
                                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
                        digests(
                                "ec29112dd5afa0611ce80d1b7f02629c",
                                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"))));
        add(new Source(
                "tiny-imagenet",
                List.of(Archive.of(
                        248_100_043,
                        digests(
                                "90528d7ca1a48142e341f4ef8d21d0de",
                                "6198c8ae015e2b3e007c7841da39ec069199b9aa3bfa943a462022fe5e43c821"),
                        Unpack.ZIP,
                        "https://cs231n.stanford.edu/tiny-imagenet-200.zip")),
                List.of("tiny-imagenet-200/train", "tiny-imagenet-200/val/val_annotations.txt")));
    }

    private static void add(Source source) {
        ALL.put(source.name, source);
    }

    private static List<String> digests(String md5, String sha256) {
        return List.of("md5:" + md5, "sha256:" + sha256);
    }

    /** The four files of the MNIST family, which are read packed as they are. */
    private static Source idx(String name, List<String> sites, long[] bytes, List<List<String>> digests) {
        List<String> files = List.of(
                "train-images-idx3-ubyte.gz",
                "train-labels-idx1-ubyte.gz",
                "t10k-images-idx3-ubyte.gz",
                "t10k-labels-idx1-ubyte.gz");
        Archive[] archives = new Archive[files.size()];
        for (int i = 0; i < archives.length; i++) {
            String file = files.get(i);
            archives[i] = Archive.of(
                    bytes[i],
                    digests.get(i),
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
