package greg.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.DType;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * Every PTX file goes through NVIDIA's PTX compiler for three architectures. What a kernel uses is recorded in {@code
 * ptx-usage.txt}, so that a change which costs registers, and with them occupancy, shows up in its diff.
 */
@EnabledOnOs({OS.LINUX, OS.WINDOWS})
class AssemblerTest {
    private static final List<String> ARCHITECTURES = List.of("sm_70", "sm_80", "sm_90");
    private static final StringBuilder TABLE = new StringBuilder(
            "# file entry: registers+bytes of shared memory+bytes spilled on sm_70, sm_80, sm_90; bf16 on the last two\n");
    private static final List<String> SPILLING = new ArrayList<>();

    @BeforeAll
    static void assemble() {
        for (String name : PtxSource.NAMES) {
            PtxSource source = PtxSource.read(name);
            assemble(name, source, ARCHITECTURES);
            PtxSource half = PtxSource.read(name, DType.BFLOAT16);
            if (!half.text().equals(source.text())) assemble(name + "/bf16", half, ARCHITECTURES.subList(1, 3));
        }
        System.out.print(TABLE);
    }

    private static void assemble(String name, PtxSource source, List<String> architectures) {
        List<Map<String, Assembler.Usage>> usages = architectures.stream()
                .map(architecture -> Assembler.compile(source, architecture))
                .toList();
        for (String entry : source.entries().keySet()) {
            TABLE.append(name).append(' ').append(entry).append(':');
            for (Map<String, Assembler.Usage> usage : usages) {
                Assembler.Usage used = usage.get(entry);
                if (used.spilledBytes() > 0) SPILLING.add(name + " " + entry);
                TABLE.append(' ').append(used.registers()).append('+').append(used.sharedBytes());
                TABLE.append('+').append(used.spilledBytes());
            }
            TABLE.append('\n');
        }
    }

    @Test
    void nothingSpills() {
        assertEquals(List.of(), SPILLING, "kernels that spill registers to memory");
    }

    /** Checks the test above: with too few registers the compiler must spill, and its log must be understood. */
    @Test
    void spillsAreSeen() {
        PtxSource source = PtxSource.read("penalty");
        String text = source.text().replace(".reqntid 256, 1, 1", ".reqntid 256, 1, 1\n.maxnreg 24");
        PtxSource starved = new PtxSource("penalty", text, source.entries());
        for (String architecture : ARCHITECTURES) {
            Assembler.Usage used = Assembler.compile(starved, architecture).get("penalty_gradient");
            assertTrue(used.spilledBytes() > 0, architecture + ": " + used);
            assertTrue(used.registers() <= 24, architecture + ": " + used);
        }
    }

    @Test
    void usageIsAsInTheTable() throws IOException {
        try (InputStream in = AssemblerTest.class.getResourceAsStream("/greg/kernels/cuda/ptx-usage.txt")) {
            String expected = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(expected, TABLE.toString(), "if the change is intended, update ptx-usage.txt");
        }
    }

    @Test
    void everyFileIsInTheList() throws IOException, URISyntaxException {
        URI folder = PtxSource.class.getResource("/greg/kernels/ptx").toURI();
        // a folder, or where the tests run from a bundle a part of a jar
        try (FileSystem jar = folder.getScheme().equals("jar") ? FileSystems.newFileSystem(folder, Map.of()) : null;
                Stream<Path> files = Files.list(Path.of(folder))) {
            List<String> names = files.map(file -> file.getFileName().toString().replace(".ptx", ""))
                    .sorted()
                    .toList();
            assertEquals(names, PtxSource.NAMES);
        }
    }

    /** The header comment names each entry with its parameters in order: it is what a reader of a launch looks at. */
    @Test
    void headersNameTheParameters() {
        for (String name : PtxSource.NAMES) {
            PtxSource source = PtxSource.read(name);
            String header = source.text()
                    .substring(0, source.text().indexOf(".version"))
                    .replaceAll("\n// *", " ")
                    .replace(" or 0", "");
            source.entries().forEach((entry, parameters) -> {
                String signature = entry + "("
                        + String.join(
                                ", ",
                                parameters.stream()
                                        .map(p ->
                                                p.name() + " " + p.kind().name().toLowerCase(java.util.Locale.ROOT))
                                        .toList())
                        + ")";
                assertTrue(header.contains(signature), name + ".ptx: the header lacks " + signature);
            });
        }
    }

    @Test
    void mistakesAreReportedWithTheirLine() {
        String text = PtxSource.read("shortcut").text().replace("rem.u32 %t, %h", "rem.u32 %nobody, %h");
        AssertionError e = assertThrows(
                AssertionError.class, () -> Assembler.compile(new PtxSource("broken", text, Map.of()), "sm_80"));
        assertTrue(e.getMessage().contains("line") && e.getMessage().contains("nobody"), e.getMessage());
    }
}
