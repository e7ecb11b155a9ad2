package greg.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import greg.bench.ParameterSet;
import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.KernelException;
import greg.kernels.cuda.CudaBackend;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The GPU benchmark on the software device: that it times the right kernels with the right bytes; not how fast they are. */
class PenaltyGpuTest {
    /** A convolution, a batch norm, a linear layer, and a convolution with unaligned filters. */
    private static final ParameterSet TINY = new ParameterSet(
            "tiny",
            List.of(new int[] {4, 3, 3, 3}, new int[] {4}, new int[] {4}, new int[] {3, 8}, new int[] {5, 7, 1, 1}));

    private static final PenaltyGpu.Plan PLAN = new PenaltyGpu.Plan(List.of(TINY), 3000, 2, 1, 2, 2048);

    private static CudaBackend cuda() {
        return (CudaBackend) BackendsUnderTest.open("cuda");
    }

    @Test
    void everyKernelIsCheckedAndTimedInEveryMode() throws IOException {
        CudaBackend backend = cuda();
        Report report = PenaltyGpu.run(backend, BackendsUnderTest.reference(), PLAN);
        int kernels = 5 + 3;
        assertEquals(kernels * Mode.values().length, report.rows().size());
        for (Report.Row row : report.rows()) {
            assertTrue(row.copies() >= 2, "copies");
            assertTrue(row.kernel().median() > 0 && row.copy().median() > 0, row.toString());
            assertTrue(row.work().bytes() - row.copyBytes() < 8, "the copy moves as many bytes");
        }
        JsonNode json = new ObjectMapper().readTree(report.json());
        assertEquals(report.rows().size(), json.get("rows").size());
        assertEquals(108 + 8 + 24 + 35, json.get("sets").get(0).get("elements").intValue());
        assertTrue(json.get("sets").get(0).get("penalised").get(4).booleanValue());
        boolean software = backend.device().name().contains("software");
        assertEquals(!software, json.get("timed").booleanValue());
        assertEquals(!software, json.get("rows").get(0).has("us"), "times of the software device are not reported");
        String table = report.table();
        assertTrue(table.contains("| tiny | update | loop |"), table);
        assertEquals(!software, table.contains(" %"), table);
    }

    /** The same work with another kernel in it. */
    private static Work planted(Work work, Runnable instead) {
        return new Work(
                work.data(),
                work.name(),
                work.source(),
                work.claim(),
                work.bytesPerElement(),
                work.elements(),
                (backend, first, copies) -> new Sabotaged(work.maker().make(backend, first, copies), instead));
    }

    /** A case whose kernel is replaced. */
    private record Sabotaged(Work.Case right, Runnable instead) implements Work.Case {
        @Override
        public void reset() {
            right.reset();
        }

        @Override
        public void run(int copy) {
            instead.run();
        }

        @Override
        public List<Work.Result> results(int copy) {
            return right.results(copy);
        }

        @Override
        public void close() {
            right.close();
        }
    }

    @Test
    void aKernelThatDoesNothingOrTheWrongThingIsRefused() {
        CudaBackend backend = cuda();
        Backend reference = BackendsUnderTest.reference();
        List<Work> works = new ArrayList<>(Work.over(TINY));
        works.addAll(Work.overActivations(3000));
        for (Work work : works) {
            Verification truth = new Verification(work, reference, 1);
            try (Work.Case device = work.maker().make(backend, 0, 2)) {
                truth.check("by a call", device, () -> device.run(1));
                refused("where the reference has", () -> truth.check("by nothing", device, () -> {}));
                refused("where the reference has", () -> truth.check("of other data", device, () -> device.run(0)));
            }
            // data on which the kernel has nothing to do
            Work idle = planted(work, () -> {});
            refused("a kernel that does nothing would pass", () -> new Verification(idle, reference, 0));
        }
    }

    private static void refused(String why, Executable what) {
        String message = assertThrows(KernelException.class, what).getMessage();
        assertTrue(message.contains(why), message);
    }

    @Test
    void bytesAreThoseOfTheKernelsHeader() throws IOException {
        List<Work> works = new ArrayList<>(Work.over(TINY));
        works.addAll(Work.overActivations(3000));
        for (Work work : works) {
            String bytes = headerBytes(work.source());
            assertTrue(bytes.contains(work.claim()), "'" + work.claim() + "' in " + work.source() + ": " + bytes);
            Matcher numbers = Pattern.compile("\\d+").matcher(work.claim().replace("penalty_l1", ""));
            assertTrue(numbers.find(), work.claim());
            int claimed = Integer.parseInt(numbers.group());
            // "4 more" than the line's first number
            if (work.claim().contains("more")) claimed += Integer.parseInt(bytes.split(" ")[0]);
            // kernels for several types of activations count elements; those that are timed are floats
            if (bytes.contains("elements each")) claimed *= Float.BYTES;
            assertEquals(claimed, work.bytesPerElement(), work.toString());
        }
        Work update = works.get(0);
        assertEquals(20 * (108 + 8 + 24 + 35), update.bytes());
        Work gradient = works.get(3);
        assertEquals(12 * (108 + 35), gradient.bytes(), "only what has a penalty");
    }

    /** What the header comment of a PTX file says under "Bytes", in one line. */
    private static String headerBytes(String source) throws IOException {
        try (InputStream in = CudaBackend.class.getResourceAsStream("/greg/kernels/ptx/" + source + ".ptx")) {
            List<String> lines = new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .takeWhile(line -> line.startsWith("//"))
                    .collect(Collectors.toList());
            int at = 0;
            while (!lines.get(at).startsWith("// Bytes")) at++;
            StringBuilder text = new StringBuilder(lines.get(at).substring("// Bytes".length()));
            for (at++; at < lines.size() && lines.get(at).startsWith("//   "); at++) {
                text.append(' ').append(lines.get(at).substring(2).strip());
            }
            return text.toString().strip();
        }
    }

    @Test
    void copiesExceedTheCache() {
        long cache = 50 << 20;
        assertEquals(2, PenaltyGpu.copies(511_000_000, cache));
        assertEquals(13, PenaltyGpu.copies(17_000_000, cache));
        assertEquals(24, PenaltyGpu.copies(1_000_000, cache));
    }

    @Test
    void quartilesAreInterpolated() {
        Timing timing = Timing.of(new double[] {4, 1, 3, 2});
        assertArrayEquals(new double[] {1.75, 2.5, 3.25}, new double[] {timing.q1(), timing.median(), timing.q3()});
        assertEquals(4, timing.gigabytesPerSecond(10_000), 1e-12, "10 kB in 2.5 us");
        assertEquals(new Timing(7, 7, 7), Timing.of(new double[] {7}));
    }

    @Test
    void badOptionsSayWhatIsExpected() {
        for (String[] args : new String[][] {{}, {"--out"}, {"--out", "x", "--samples", "0"}, {"--speed", "1"}}) {
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> PenaltyGpu.main(args), String.join(" ", args));
            assertTrue(e.getMessage().contains("--out FOLDER"), e.getMessage());
        }
    }
}
