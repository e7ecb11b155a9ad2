package greg.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** README and docs name files, classes, methods and packages; every one of them must exist. */
class DocumentsTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
    private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");
    private static final Pattern FENCE = Pattern.compile("```.*?```", Pattern.DOTALL);
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)(#[^)]*)?\\)");
    private static final Pattern TYPE = Pattern.compile("[A-Z]\\w*[a-z]\\w*");
    private static final Pattern MEMBER = Pattern.compile("([A-Z]\\w*[a-z]\\w*)\\.([a-z]\\w*)(\\(.*\\))?");
    private static final Pattern FILE =
            Pattern.compile("(?:[\\w.-]+/)+[\\w.-]+\\.(?:java|md|xml|sh|ptx|cpp|h|json|txt|py|properties)");
    private static final Pattern PACKAGE = Pattern.compile("(?<!target/)greg(?!\\.jar)(\\.[a-z]\\w*)+");

    private static final Pattern DECLARATION = Pattern.compile("\\b(?:class|record|interface|enum) ([A-Z]\\w*)");

    /** The names of the examples in the recipes. */
    private static final Pattern EXAMPLE = Pattern.compile(".*(Foo|foo|MyNet).*");

    private static final Pattern WRITTEN_BY_RUNS =
            Pattern.compile("(META-INF|(\\w+/)?target|runs|checkpoint|tmp|DIR|RUN|results)/.*");

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(p -> p.toString().matches(".*/src/.*\\.java"))
                    .filter(p -> !p.toString().contains("/target/"))
                    .toList();
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> documents() throws IOException {
        List<Path> all = new ArrayList<>(List.of(ROOT.resolve("README.md")));
        try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
            all.addAll(docs.filter(p -> p.toString().endsWith(".md")).sorted().toList());
        }
        return all;
    }

    /** Every inline code span of the documents, with its document. */
    private static void eachCode(BiConsumer<Path, String> use) throws IOException {
        for (Path document : documents()) {
            Matcher code = CODE.matcher(FENCE.matcher(text(document)).replaceAll(""));
            while (code.find()) use.accept(document, code.group(1));
        }
    }

    /** Types by name, each with the text of the files that declare one of that name. */
    private static Map<String, String> types() throws IOException {
        Map<String, String> types = new HashMap<>();
        for (Path source : sources()) {
            String text = text(source);
            Matcher declared = DECLARATION.matcher(text);
            while (declared.find()) types.merge(declared.group(1), text, String::concat);
        }
        return types;
    }

    @Test
    void everyTypeAndMemberIsThere() throws IOException {
        Map<String, String> types = types();
        Set<String> missing = new TreeSet<>();
        int[] seen = {0};
        eachCode((document, code) -> {
            Matcher member = MEMBER.matcher(code);
            String type = member.matches() ? member.group(1) : code;
            if (!TYPE.matcher(type).matches() || EXAMPLE.matcher(type).matches()) return;
            seen[0]++;
            String text = types.get(type);
            boolean written = types.values().stream().anyMatch(t -> t.contains("\"" + type + "\"")); // a word of ours
            boolean there = text == null
                    ? written
                    : !member.matches()
                            || Pattern.compile("\\b" + member.group(2) + "\\b")
                                    .matcher(text)
                                    .find();
            if (!there) missing.add(document.getFileName() + ": " + code);
        });
        assertTrue(seen[0] > 30, "types named: " + seen[0]);
        assertEquals(Set.of(), missing);
    }

    @Test
    void everyFileLinkAndPackageIsThere() throws IOException {
        Set<String> missing = new TreeSet<>();
        int seen = 0;
        String written = sources().stream().map(DocumentsTest::text).collect(Collectors.joining());
        for (Path document : documents()) {
            String text = text(document);
            Matcher link = LINK.matcher(text);
            while (link.find()) {
                if (link.group(1).startsWith("http")) continue;
                seen++;
                if (!Files.exists(document.resolveSibling(link.group(1)))) {
                    missing.add(document.getFileName() + ": link to " + link.group(1));
                }
            }
            Matcher file = FILE.matcher(text);
            while (file.find()) {
                String name = file.group();
                if (WRITTEN_BY_RUNS.matcher(name).matches()
                        || EXAMPLE.matcher(name).matches()) continue;
                seen++;
                boolean there = Files.exists(ROOT.resolve(name)) || Files.exists(document.resolveSibling(name));
                if (!there) missing.add(document.getFileName() + ": " + name);
            }
            Matcher named = PACKAGE.matcher(text);
            while (named.find()) {
                String path = named.group().replace('.', '/');
                boolean there = Stream.of("kernels", "tensor", "datasets", "nn", "pruning", "bench")
                        .flatMap(m -> Stream.of(m + "/src/main/java/", m + "/src/test/java/", m + "/src/peers/java/"))
                        .anyMatch(base -> Files.exists(ROOT.resolve(base + path))
                                || Files.exists(ROOT.resolve(base + path + ".java")));
                boolean property = text.contains("-D" + named.group());
                boolean word = written.contains("\"" + named.group() + "\""); // a key that greg writes
                if (!there && !property && !word) missing.add(document.getFileName() + ": " + named.group());
            }
        }
        assertTrue(seen > 10, "files named: " + seen);
        assertEquals(Set.of(), missing);
    }
}
