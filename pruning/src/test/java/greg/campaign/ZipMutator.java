package greg.campaign;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * Damages what is inside a zip archive, or the names of its entries, and packs it again, so that the checksums fit.
 *
 * @param inside how the entry of a name is damaged
 */
record ZipMutator(Function<String, Mutator> inside) implements Mutator {
    static final List<String> NAMES = List.of(
            "",
            ".",
            "..",
            "../x",
            "a/../../x",
            "/tmp/x",
            "x/..",
            "a/",
            "a\u0000b",
            "a//b",
            "C:\\x",
            "\u00e4\ud83d\ude00",
            "n".repeat(300));

    /** A file in the archive. */
    private record Entry(String name, byte[] content) {}

    @Override
    public byte[] mutate(byte[] input, byte[] other, SplittableRandom random) {
        try {
            List<Entry> entries = entries(input);
            if (entries.isEmpty()) return ByteMutator.INSTANCE.mutate(input, other, random);
            int i = random.nextInt(entries.size());
            Entry entry = entries.get(i);
            switch (random.nextInt(10)) {
                case 0 -> entries.remove(i);
                case 1 -> entries.add(new Entry(NAMES.get(random.nextInt(NAMES.size())), entry.content));
                case 2 -> entries.set(i, new Entry(NAMES.get(random.nextInt(NAMES.size())), entry.content));
                default -> {
                    byte[] content = inside.apply(entry.name).mutate(entry.content, other, random);
                    entries.set(i, new Entry(entry.name, content));
                }
            }
            return packed(entries, random.nextBoolean());
        } catch (IOException | IllegalArgumentException e) {
            return ByteMutator.INSTANCE.mutate(
                    input, other, random); // a reproducer that is no archive, or two of a name
        }
    }

    private static List<Entry> entries(byte[] archive) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
            for (ZipEntry entry; (entry = zip.getNextEntry()) != null; ) {
                entries.add(new Entry(entry.getName(), zip.readAllBytes()));
            }
        }
        return entries;
    }

    private static byte[] packed(List<Entry> entries, boolean stored) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes, StandardCharsets.UTF_8)) {
            for (Entry entry : entries) {
                ZipEntry header = new ZipEntry(entry.name);
                header.setTime(0);
                if (stored) {
                    CRC32 crc = new CRC32();
                    crc.update(entry.content);
                    header.setMethod(ZipEntry.STORED);
                    header.setSize(entry.content.length);
                    header.setCrc(crc.getValue());
                }
                zip.putNextEntry(header);
                zip.write(entry.content);
                zip.closeEntry();
            }
        }
        return bytes.toByteArray();
    }

    /** An archive of one or several files, as name, content, name, content. */
    static byte[] zip(Object... parts) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < parts.length; i += 2) entries.add(new Entry((String) parts[i], (byte[]) parts[i + 1]));
        try {
            return packed(entries, false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
