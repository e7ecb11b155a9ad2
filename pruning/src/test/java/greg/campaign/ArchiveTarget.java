package greg.campaign;

import greg.datasets.fetch.Unpack;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** Archives of data sets, unpacked into a folder: nothing outside of it may appear or change. */
record ArchiveTarget(Unpack format) implements Target {
    private static final String UNTOUCHED = "untouched";
    private static final int BLOCK = 512;
    private static final int MODE_AT = 100;
    private static final int SIZE_AT = 124;
    private static final int TYPE_AT = 156;
    private static final int PREFIX_AT = 345;
    private static final List<String> SIZES =
            List.of("00000000000", "77777777777", "-0000000001", "00000000777", "", "8", "\u0080", "+1", " 1 ");

    @Override
    public String name() {
        return format == Unpack.ZIP ? "zip" : "tar";
    }

    @Override
    public List<byte[]> seeds() {
        byte[] text = "a file".getBytes(StandardCharsets.US_ASCII);
        byte[] longer = new byte[700];
        if (format == Unpack.ZIP) {
            return List.of(
                    ZipMutator.zip("data/", new byte[0], "data/a.txt", text, "data/b/c.bin", longer),
                    ZipMutator.zip("a", longer));
        }
        return List.of(
                gzip(tar(
                        entry("data/", '5', 0),
                        entry("data/a.txt", '0', text.length),
                        padded(text),
                        entry("b", '2', 0))),
                gzip(tar(entry("a", '0', longer.length), padded(longer))));
    }

    @Override
    public Mutator mutator() {
        return Mutator.mostly(
                format == Unpack.ZIP ? new ZipMutator(name -> ByteMutator.INSTANCE) : ArchiveTarget::inTar);
    }

    @Override
    public Reader open(Path scratch) throws IOException {
        Path folder = scratch.resolve("outer/folder");
        Path witness = Files.createDirectories(folder.getParent()).resolve("witness");
        Files.writeString(witness, UNTOUCHED);
        return new FileReader(scratch.resolve("mutant"), file -> {
            Files.createDirectories(folder);
            try {
                format.run(file, folder);
            } finally {
                RunTargets.delete(folder);
                Files.deleteIfExists(file);
                check(scratch, folder.getParent(), witness);
            }
        });
    }

    /** Throws if anything but the witness is left, and removes it for the sake of the next input. */
    private static void check(Path scratch, Path outer, Path witness) throws IOException {
        List<Path> left;
        try (Stream<Path> all = Stream.concat(Files.list(scratch), Files.list(outer))) {
            left = all.filter(p -> !p.equals(outer) && !p.equals(witness)).toList();
        }
        for (Path path : left) RunTargets.delete(path);
        boolean touched = !Files.exists(witness) || !Files.readString(witness).equals(UNTOUCHED);
        if (touched) Files.writeString(witness, UNTOUCHED);
        if (touched || !left.isEmpty()) throw new AssertionError("outside of the folder: " + left + ", " + touched);
    }

    /** Fields of a header, or bytes anywhere, before it is compressed. */
    private static byte[] inTar(byte[] input, byte[] other, SplittableRandom random) {
        byte[] tar;
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(input))) {
            tar = in.readAllBytes();
        } catch (IOException e) {
            return ByteMutator.INSTANCE.mutate(input, other, random);
        }
        if (tar.length < BLOCK || random.nextInt(4) == 0) return gzip(ByteMutator.INSTANCE.mutate(tar, other, random));
        int header = random.nextInt(tar.length / BLOCK) * BLOCK;
        switch (random.nextInt(5)) {
            case 0 -> put(tar, header, MODE_AT, ZipMutator.NAMES.get(random.nextInt(ZipMutator.NAMES.size())));
            case 1 -> put(tar, header + SIZE_AT, 12, SIZES.get(random.nextInt(SIZES.size())));
            case 2 -> tar[header + TYPE_AT] = (byte) "0125xgLK7\u0000".charAt(random.nextInt(10));
            case 3 -> put(tar, header + PREFIX_AT, 155, ZipMutator.NAMES.get(random.nextInt(ZipMutator.NAMES.size())));
            default -> tar = ByteMutator.replaced(tar, header, header, Arrays.copyOfRange(tar, header, header + BLOCK));
        }
        return gzip(tar);
    }

    private static void put(byte[] tar, int at, int width, String text) {
        byte[] bytes = Arrays.copyOf(text.getBytes(StandardCharsets.ISO_8859_1), width);
        System.arraycopy(bytes, 0, tar, at, width);
    }

    private static byte[] entry(String name, char type, int size) {
        byte[] header = new byte[BLOCK];
        put(header, 0, MODE_AT, name);
        put(header, SIZE_AT, 12, Integer.toOctalString(size));
        header[TYPE_AT] = (byte) type;
        return header;
    }

    private static byte[] padded(byte[] content) {
        return Arrays.copyOf(content, (content.length + BLOCK - 1) / BLOCK * BLOCK);
    }

    private static byte[] tar(byte[]... blocks) {
        byte[] all = new byte[2 * BLOCK];
        for (int i = blocks.length - 1; i >= 0; i--) all = ByteMutator.replaced(all, 0, 0, blocks[i]);
        return all;
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }
}
