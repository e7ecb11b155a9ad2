package greg.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The kernel that {@code docs/kernels.md} reads line by line is the one that runs, and its table lists all kernels. */
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

    @Test
    void theTableHasEveryKernel() throws IOException {
        Assumptions.assumeTrue(Files.exists(PAGE), "the tests run outside the source tree");
        List<String> rows = Files.readAllLines(PAGE).stream()
                .filter(line -> line.startsWith("| `"))
                .toList();
        assertEquals(
                PtxSource.NAMES,
                rows.stream()
                        .map(row -> cells(row, 1).get(0).replace(".ptx", ""))
                        .toList());
        for (String row : rows) {
            String name = cells(row, 1).get(0).replace(".ptx", "");
            assertEquals(List.copyOf(PtxSource.read(name).entries().keySet()), cells(row, 2), name + ".ptx");
            for (String launcher : cells(row, 3)) {
                String folder = launcher.endsWith("Test") ? "test" : "main";
                Path file = Path.of("src", folder, "java", "greg", "kernels", "cuda", launcher + ".java");
                assertTrue(Files.readString(file).contains('"' + name + '"'), launcher + " does not name " + name);
            }
        }
    }

    /** The text between backticks in a column of a row. */
    private static List<String> cells(String row, int column) {
        return Pattern.compile("`([^`]+)`")
                .matcher(row.split("\\|")[column])
                .results()
                .map(match -> match.group(1))
                .toList();
    }
}
