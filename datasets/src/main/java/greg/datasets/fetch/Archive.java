package greg.datasets.fetch;

import java.net.URI;
import java.util.Arrays;
import java.util.List;

/**
 * One file to be downloaded.
 *
 * @param urls where it can be downloaded, the data set's own site first
 * @param digest {@code md5:} or {@code sha256:} and the hexadecimal digits that its authors publish
 * @param unpack how it is unpacked afterwards
 */
public record Archive(List<URI> urls, String digest, Unpack unpack) {
    /** Copies the list. */
    public Archive {
        urls = List.copyOf(urls);
        if (urls.isEmpty() || !digest.matches("(md5:[0-9a-f]{32}|sha256:[0-9a-f]{64})")) {
            throw new IllegalArgumentException(
                    "archive: expected a URL and md5: or sha256: with digits, got " + urls + ", " + digest);
        }
    }

    /** With URLs as text. */
    static Archive of(String digest, Unpack unpack, String... urls) {
        return new Archive(Arrays.stream(urls).map(URI::create).toList(), digest, unpack);
    }

    /** The file's name, the last part of its first URL. */
    public String file() {
        String path = urls.get(0).getPath();
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
