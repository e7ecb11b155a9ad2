package greg.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import greg.kernels.Backends;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Device;
import greg.kernels.KernelException;
import greg.kernels.Precision;
import greg.kernels.cuda.CudaBackend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The benchmark of steps on the software device: that it takes the right steps and reports all of them; not how fast they are. */
class StepGpuTest {
    private static final String[] SMALL = {
        "--networks",
        "resnet8:4",
        "--precisions",
        "tf32",
        "--samples",
        "1",
        "--warmup",
        "3",
        "--rounds",
        "1",
        "--images",
        "8",
        "--scratch",
        "1"
    };

    /** Answers that take as many microseconds as it is told. */
    private record FakePeer(double microseconds) implements StepPeer {
        @Override
        public String version() {
            return "PyTorch 0";
        }

        @Override
        public Answer time(StepCase what, String mode, boolean penalty, int samples) {
            if (mode.equals("compile")) return new Answer(StepTimes.NONE, "no compiler");
            double[] all = new double[samples];
            Arrays.fill(all, microseconds);
            return new Answer(new StepTimes(all, new double[] {microseconds}), null);
        }

        @Override
        public void close() {}
    }

    private static StepGpuOptions options(Path out) {
        String[] args = Arrays.copyOf(SMALL, SMALL.length + 2);
        args[SMALL.length] = "--out";
        args[SMALL.length + 1] = out.toString();
        return StepGpuOptions.parse(args);
    }

    @Test
    void everyStepIsCheckedTimedAndWrittenDown(@TempDir Path out) throws IOException {
        // skips the test where there is no cuda
        boolean software = BackendsUnderTest.open("cuda").device().name().contains("software");
        StepReport report = new StepGpu(options(out), new FakePeer(1000), StepLoop::step).run();
        assertEquals(
                List.of("tf32", "tf32, growing", "tf32, no graph"),
                report.rows().stream().map(row -> row.what().form()).toList());
        for (StepReport.Row row : report.rows()) {
            assertEquals(
                    4 * 2, row.times().waited().length, "a turn for each mode of the peer, with and without penalty");
            assertTrue(row.times().median() > 0 && row.times().queuedMedian() > 0, row.toString());
            assertTrue(Float.isFinite(row.firstLoss()) && row.firstLoss() != row.lastLoss(), row.toString());
        }
        assertEquals(4 * 2, report.peers().size());

        StepProfile profile = report.profiles().get(0);
        Map<String, Integer> launches = profile.lines().stream()
                .collect(Collectors.toMap(StepProfile.Line::kernel, StepProfile.Line::launches));
        assertEquals(7, launches.get("cuDNN forward"), "one a convolution");
        assertEquals(7, launches.get("cuDNN backward-weights"));
        assertEquals(6, launches.get("cuDNN backward-data"), "images have no gradient");
        assertEquals(1, launches.get("update_sgd sgd"));
        assertEquals(1, launches.get("augment augment"));
        assertEquals(3, launches.get("cuBLAS gemm"));
        StepProfile.Line update = profile.lines().stream()
                .filter(line -> line.kernel().equals("update_sgd sgd"))
                .findFirst()
                .orElseThrow();
        assertEquals(20 * 75_290, update.bytes(), "20 for each parameter of resnet8");

        JsonNode json = new ObjectMapper().readTree(out.resolve("step-gpu.json").toFile());
        assertEquals(report.json(), Files.readString(out.resolve("step-gpu.json")));
        assertEquals("PyTorch 0", json.get("peer").asText());
        assertTrue(
                json.get("command").asText().contains("resnet8:4"),
                json.get("command").asText());
        assertEquals(3, json.get("rows").size());
        assertEquals(!software, json.get("timed").booleanValue());
        assertEquals(!software, json.get("rows").get(0).has("us"), "times of the software device are not reported");
        assertEquals("no compiler", json.get("peers").get(6).get("skipped").asText());
        assertEquals("not measured", json.get("goals").get(0).get("verdict").asText());
        assertEquals(
                profile.launches(), json.get("profiles").get(0).get("launches").asInt());
        String table = Files.readString(out.resolve("step-gpu.md"));
        assertTrue(table.contains("| resnet8, batch 4 | greg tf32, growing |"), table);
        assertTrue(table.contains("| resnet8, batch 4 | PyTorch eager, penalty loop |"), table);
        assertTrue(table.contains("| cuDNN forward | 7 |"), table);

        assertTrue(Files.readString(out.resolve("cudnn-device.json")).contains("deviceName"));
        List<String> plans = Files.readAllLines(out.resolve("plans-resnet8-4-tf32.txt"));
        assertTrue(plans.get(0).startsWith("plans of cuDNN") && plans.size() > 10, plans.toString());
    }

    @Test
    void aWrongStepIsNotTimed() {
        BackendsUnderTest.open("cuda");
        StepCheck check = new StepCheck(BackendsUnderTest.reference());
        StepCase what = StepCheck.small(Precision.FP32, true);
        try (CudaBackend backend = (CudaBackend) Backends.open("cuda", what.options(false))) {
            check.check(what, backend);
            refused(check, what, backend, loop -> {});
            StepCase unpenalised = new StepCase(what.arch(), what.batch(), what.precision(), false, true);
            refused(check, unpenalised, backend, StepLoop::step);
            int[] count = {0};
            refused(check, what, backend, loop -> {
                loop.step();
                if (count[0]++ == 0) loop.step();
            });
        }
    }

    private static void refused(StepCheck check, StepCase what, CudaBackend backend, Consumer<StepLoop> step) {
        String message = assertThrows(KernelException.class, () -> check.check(what, backend, step))
                .getMessage();
        assertTrue(message.contains("a wrong step is not timed"), message);
    }

    @Test
    void aSlowStepShows() {
        StepTimes times = StepTimes.of(
                () -> {
                    try {
                        Thread.sleep(20);
                    } catch (InterruptedException stop) {
                        Thread.currentThread().interrupt();
                    }
                },
                () -> {},
                3);
        assertTrue(times.quantile(0) >= 20_000 && times.queuedMedian() >= 20_000, times.toString());
    }

    /** On a device with times: 2.1 ms plain and 2.2 growing in tf32, beside 10 ms of every mode of PyTorch. */
    @Test
    void goalsCompareWhatWasMeasured() {
        Device device = new Device("cuda", "GPU", "none", 1, "");
        StepCase plain = new StepCase("resnet56", 128, Precision.TF32, false, true);
        StepCase growing = new StepCase("resnet56", 128, Precision.TF32, true, true);
        StepCase large = new StepCase("resnet50", 64, Precision.BF16, false, true);
        FakePeer torch = new FakePeer(10_000);
        StepReport report = new StepReport(
                device,
                "",
                "",
                List.of(row(plain, 2100), row(growing, 2200), row(large, 25_000)),
                List.of(
                        new StepReport.PeerRow(plain, "eager", false, torch.time(plain, "eager", false, 2)),
                        new StepReport.PeerRow(
                                plain, "graph", false, new FakePeer(3000).time(plain, "graph", false, 2)),
                        new StepReport.PeerRow(plain, "compile", false, torch.time(plain, "compile", false, 2)),
                        new StepReport.PeerRow(plain, "eager", true, torch.time(plain, "eager", true, 2))),
                List.of());
        assertTrue(report.timed());
        List<String> goals = StepGoal.of(report).stream()
                .map(goal -> goal.value().isPresent()
                        ? String.format("%.3f %s", goal.value().getAsDouble(), goal.verdict())
                        : goal.verdict())
                .toList();
        String none = "not measured";
        assertEquals(
                List.of(
                        "2.100 FAIL",
                        "0.700 FAIL",
                        "0.220 PASS",
                        "1.048 FAIL",
                        none,
                        none,
                        none,
                        none,
                        none,
                        "2560.000 PASS"),
                goals);
        String table = report.table();
        assertTrue(table.contains("| resnet56, batch 128, tf32: ms a step | at most 2.000 | 2.100 | FAIL |"), table);
        assertTrue(
                table.contains("| resnet56, batch 128 | greg tf32 | 2.100 (2.100 to 2.100) | 2.100 | 60952 |"), table);
        assertTrue(table.contains("| resnet56, batch 128 | PyTorch compile | no compiler | | |"), table);
    }

    private static StepReport.Row row(StepCase what, double microseconds) {
        return new StepReport.Row(
                what, new FakePeer(microseconds).time(what, "eager", false, 2).times(), 2.3f, 1);
    }

    @Test
    void aProcessAnswersAndIsStartedAgain() throws IOException {
        StepCase what = new StepCase("resnet8", 4, Precision.TF32, false, false);
        String answers = "echo noise; echo '{\"version\": \"Torch 9\"}';"
                + " read line; echo '{\"waited_us\": [1, 2, 3], \"queued_us\": [4]}';"
                + " read line; echo '{\"skipped\": \"cannot\"}'; read line";
        try (TorchPeer peer = new TorchPeer(List.of("sh", "-c", answers), 300, 600)) {
            assertEquals("Torch 9", peer.version());
            for (int process = 0; process < 2; process++) {
                StepTimes times = peer.time(what, "eager", false, 3).times();
                assertEquals(2, times.median());
                assertEquals(4, times.queuedMedian());
                assertEquals("cannot", peer.time(what, "eager", true, 3).skipped());
                assertEquals(
                        "its process has ended",
                        peer.time(what, "graph", false, 3).skipped());
            }
        }
        String message = assertThrows(IOException.class, () -> new TorchPeer(List.of("sh", "-c", "exit 1"), 300, 600))
                .getMessage();
        assertEquals("its process has ended", message);
    }

    @Test
    void aProcessThatDoesNotAnswerIsEnded() throws IOException {
        StepCase what = new StepCase("resnet8", 4, Precision.TF32, false, false);
        List<String> mute = List.of("sh", "-c", "echo '{}'; while read line; do :; done");
        try (TorchPeer peer = new TorchPeer(mute, 5, 6)) {
            for (int process = 0; process < 2; process++) {
                String why = peer.time(what, "eager", false, 3).skipped();
                assertTrue(why.startsWith("no answer in "), why);
            }
            assertEquals(
                    "the time for PyTorch is over",
                    peer.time(what, "eager", false, 3).skipped());
        }
    }

    @Test
    void badOptionsSayWhatIsExpected() {
        for (String args : List.of(
                "",
                "--out",
                "--out x --samples 0",
                "--speed 1",
                "--out x --networks resnet56",
                "--out x --precisions fp8")) {
            String[] words = args.isEmpty() ? new String[0] : args.split(" ");
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> StepGpuOptions.parse(words), args);
            assertTrue(e.getMessage().contains("--out FOLDER"), e.getMessage());
        }
        assertFalse(StepGpuOptions.parse("--out", "x").deterministic());
        assertTrue(StepGpuOptions.parse("--out", "x", "--deterministic", "yes").deterministic());
    }
}
