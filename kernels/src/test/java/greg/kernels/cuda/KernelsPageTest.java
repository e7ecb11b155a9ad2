package greg.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The kernel that {@code docs/kernels.md} reads line by line is the one that runs. */
class KernelsPageTest {
    private static final Path PAGE = Path.of("..", "docs", "kernels.md");

    /** Without comments, indentation and empty lines. */
    private static String code(String text) {
        return text.lines()
                .map(line -> line.replaceAll("//.*", "").strip())
                .filter(line -> !line.isEmpty())
                .collect(Collectors.joining("\n"));
    }

    @Test
    void scaleIsQuotedInFull() throws IOException {
        Assumptions.assumeTrue(Files.exists(PAGE), "the tests run outside the source tree");
        String page = Files.readString(PAGE);
        int start = page.indexOf("\n## The simplest kernel");
        String chapter = page.substring(start, page.indexOf("\n## ", start + 1));
        StringBuilder quoted = new StringBuilder();
        String[] parts = chapter.split("\n```\n");
        for (int i = 1; i < parts.length; i += 2) quoted.append(parts[i]).append('\n');

        String file = PtxSource.read("elementwise").text();
        String entry = file.substring(file.indexOf(".visible .entry scale("));
        assertTrue(entry.contains("\n}"), "the end of the entry");
        assertEquals(code(entry.substring(0, entry.indexOf("\n}") + 2)), code(quoted.toString()));
    }
}
