package greg.datasets.fetch;

import java.net.URI;
import java.util.Arrays;
import java.util.List;

/**
 * One file to be downloaded.
 *
 * @param urls where it can be downloaded, the data set's own site first
 * @param bytes its length; a site that sends more is cut off
 * @param digests {@code md5:} or {@code sha256:} and the hexadecimal digits that are published for it; all must agree
 * @param unpack how it is unpacked afterwards
 */
public record Archive(List<URI> urls, long bytes, List<String> digests, Unpack unpack) {
    /** Copies the lists. */
    public Archive {
        urls = List.copyOf(urls);
        digests = List.copyOf(digests);
        boolean known = !digests.isEmpty();
        for (String digest : digests) known &= digest.matches("(md5:[0-9a-f]{32}|sha256:[0-9a-f]{64})");
        if (urls.isEmpty() || bytes < 1 || !known) {
            throw new IllegalArgumentException("archive: expected a URL, a length and md5: or sha256: with digits, got "
                    + urls + ", " + bytes + ", " + digests);
        }
    }

    /** With URLs as text. */
    static Archive of(long bytes, List<String> digests, Unpack unpack, String... urls) {
        return new Archive(Arrays.stream(urls).map(URI::create).toList(), bytes, digests, unpack);
    }

    /** The file's name, the last part of its first URL. */
    public String file() {
        String path = urls.get(0).getPath();
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
