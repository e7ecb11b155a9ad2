package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import greg.datasets.Datasets;
import greg.kernels.Backend;
import greg.kernels.reference.ReferenceBackend;
import greg.nn.NnModule;
import greg.pruning.run.NetworkSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InspectCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path temp;

    /**
     * Counted with the reference implementation (MingSun-Tse/Regularization-Pruning at a4044028) on random weights: its
     * printed parameters and FLOPs, and the reduction over all parameters, which is the paper's sparsity.
     */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "resnet56|cifar10|filter|[0,0,0,0,0]|848954|250971392|0|1",
                "resnet56|cifar10|filter|[0,0.5,0.5,0.5,0]|425018|125928704|49.816533765993206|1.997454225468098",
                "resnet56|cifar10|channel|[0,0.5,0.5,0.5,0]|425018|125928704|49.816533765993206|1.997454225468098",
                "resnet56|cifar10|filter|[0,0.925,0.925,0.925,0]|54074|16516352|93.40600081123728|15.69985575322706",
                "resnet56|cifar10|filter|[0,0.75,0.75,0.32,0]|485210|98243840|42.76228637613744|1.749663032501391",
                "vgg19|cifar100|filter|[1-15:0.7]|1808929|89568648|90.97512059545481|11.095062326934888",
                "vgg19|cifar100|filter|[1-15:0.9]|207241|17491512|98.96198870305881|96.84463981548039",
                "resnet50|imagenet|filter|[0,0.68,0.68,0.68,0.5,0]|11037390|2669742256|56.640888503798095|2.310683232177172",
                "resnet50|imagenet|channel|[0,0.68,0.68,0.68,0.5,0]|11037390|2669742256|56.640888503798095|2.310683232177172",
            })
    void countsAreThoseOfTheReference(
            String arch,
            String dataset,
            String wg,
            String ratios,
            long params,
            long flops,
            double sparsity,
            double compression)
            throws Exception {
        Cli result =
                Cli.run("inspect", "--arch", arch, "--dataset", dataset, "--wg", wg, "--stage_pr", ratios, "--json");
        assertEquals(0, result.code(), result.err());
        JsonNode json = JSON.readTree(result.out());
        assertEquals(params, json.get("params").get("after").asLong());
        assertEquals(flops, json.get("flops").get("after").asLong());
        assertEquals(flops, 2 * json.get("macs").get("after").asLong());
        assertEquals(sparsity, json.get("sparsity_percent").asDouble(), 1e-10);
        assertEquals(compression, json.get("compression").asDouble(), 1e-12);
        double before = json.get("flops").get("before").asDouble();
        assertEquals(before / flops, json.get("speedup").asDouble(), 1e-12);
        long sum = 0;
        for (JsonNode layer : json.get("layers")) sum += layer.get("params").asLong();
        assertEquals(params, sum);
    }

    @Test
    void layersAreListedWithWhatIsKept() throws Exception {
        Cli result = Cli.run("inspect", "--arch", "resnet8", "--stage-pr", "[0,0.7,0,0,0]", "--json");
        assertEquals(0, result.code(), result.err());
        List<String> names = new ArrayList<>();
        JsonNode layers = JSON.readTree(result.out()).get("layers");
        layers.forEach(layer -> names.add(layer.get("name").asText()));
        assertEquals(
                List.of(
                        "conv1",
                        "layer1.0.conv1",
                        "layer1.0.conv2",
                        "layer2.0.conv1",
                        "layer2.0.conv2",
                        "layer3.0.conv1",
                        "layer3.0.conv2",
                        "linear"),
                names);
        JsonNode pruned = layers.get(1);
        assertEquals("[16,16,3,3]", pruned.get("shape").toString());
        assertEquals(4, pruned.get("kept").asInt(), "16 - ceil(0.7 * 16)");
        assertEquals("[16,4,3,3]", layers.get(2).get("kept_shape").toString());
        assertEquals("Linear", layers.get(7).get("type").asText());
    }

    @Test
    void maskedWeightsCountAsRemoved() throws Exception {
        Cli result =
                Cli.run("inspect", "--arch", "lenet5", "--dataset", "mnist", "--wg", "weight", "--stage-pr", "0.5");
        assertEquals(0, result.code(), result.err());
        assertTrue(result.out().contains("50.0 %"), result.out());
        assertTrue(result.out().contains("speedup in theory 2.00x"), result.out());
    }

    @Test
    void aSkippedLayerStaysWhole() throws Exception {
        Cli result = Cli.run(
                "inspect", "--arch", "resnet20", "--stage_pr", "[0,0.5,0.5,0.5,0]", "--skip_layers", "[2.1]", "--json");
        assertEquals(0, result.code(), result.err());
        for (JsonNode layer : JSON.readTree(result.out()).get("layers")) {
            if (layer.get("name").asText().equals("layer2.1.conv1"))
                assertEquals(32, layer.get("kept").asInt());
            if (layer.get("name").asText().equals("layer2.2.conv1"))
                assertEquals(16, layer.get("kept").asInt());
        }
    }

    @Test
    void aFileOfOursNeedsNoDataset() throws Exception {
        Path file = temp.resolve("tiny.safetensors");
        NetworkSpec spec = NetworkSpec.of("lenet5", Datasets.shape("mnist"));
        try (Backend backend = new ReferenceBackend();
                NnModule network = spec.build(backend)) {
            spec.save(file, network);
        }
        Cli result = Cli.run("inspect", "--weights", file.toString(), "--json");
        assertEquals(0, result.code(), result.err());
        JsonNode json = JSON.readTree(result.out());
        assertEquals("[6,1,5,5]", json.get("layers").get(0).get("shape").toString());
        assertTrue(json.get("dataset").isNull(), "it does not say of which");
        Cli named = Cli.run("inspect", "--weights", file.toString(), "--dataset", "mnist", "--json");
        assertEquals(json.get("layers"), JSON.readTree(named.out()).get("layers"));
        Cli other = Cli.run("inspect", "--weights", file.toString(), "--dataset", "cifar10");
        assertEquals(2, other.code());
        assertTrue(other.err().contains("was made for 1 planes and 10 classes"), other.err());
        Cli wrong = Cli.run("inspect", "--weights", file.toString(), "--arch", "vgg19");
        assertEquals(2, wrong.code());
        assertTrue(wrong.err().contains("holds a lenet5"), wrong.err());
    }

    @Test
    void bothCountsOfParametersSayWhatTheyCount() {
        Cli result = Cli.run("inspect", "--arch", "resnet20", "--stage-pr", "[0,0.5,0.5,0.5,0]");
        assertEquals(0, result.code(), result.err());
        assertTrue(
                result.out().contains("parameters without BN 268,346 -> 134,714, with BN 269,722 -> 135,754"),
                result.out());
    }

    /** The help's own example of name globs. */
    @Test
    void theExampleOfTheHelpWorks() {
        String help = Cli.run("prune", "--help").out().replaceAll("\\s+", " ");
        assertTrue(help.contains("name globs (layer2.*.conv1:0.5) or"), help);
        for (String arch : List.of("resnet20", "resnet18")) {
            Cli result = Cli.run("inspect", "--arch", arch, "--stage-pr", "layer2.*.conv1:0.5");
            assertEquals(0, result.code(), result.err());
        }
    }

    @Test
    void badRequestsAreRefused() {
        Cli missing = Cli.run("inspect");
        assertEquals(2, missing.code());
        assertTrue(missing.err().contains("--arch is needed"), missing.err());
        Cli automatic = Cli.run("inspect", "--arch", "resnet20", "--stage-pr", "[0,-1,0,0,0]");
        assertEquals(2, automatic.code());
        assertTrue(automatic.err().contains("depends on the weights"), automatic.err());
        Cli ratios = Cli.run("inspect", "--arch", "resnet20", "--stage-pr", "[0,0.5]");
        assertEquals(2, ratios.code());
        assertTrue(ratios.err().contains("expected 5 ratios"), ratios.err());
        assertEquals("", ratios.out());
        for (List<String> flags : List.of(
                List.of("--skip-layers", "[1.0]"),
                List.of("--global"),
                List.of("--prune-coupled"),
                List.of("--inherit-pruned", "pr"))) {
            List<String> args = new ArrayList<>(List.of("inspect", "--arch", "resnet20"));
            args.addAll(flags);
            Cli unused = Cli.run(args.toArray(new String[0]));
            assertEquals(2, unused.code(), unused.out());
            assertTrue(
                    unused.err().contains(flags.get(0) + ": nothing is to be removed; give --stage-pr"), unused.err());
            assertEquals("", unused.out());
        }
    }
}
