package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.datasets.Datasets;
import greg.nn.model.Networks;
import greg.pruning.graph.NearestName;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestNameTest {
    @ParameterizedTest
    @CsvSource({
        "cifar-10, cifar10",
        "fashion, fashion-mini",
        "minst, mnist",
        "ImageNet, imagenet",
        "syntetic, synthetic"
    })
    void ofDataSets(String typed, String meant) {
        assertEquals(meant, NearestName.of(typed, Datasets.names()));
        Cli verify = Cli.run("data", "verify", typed);
        assertEquals(2, verify.code());
        String start = "greg: unknown data set '" + typed + "' (did you mean '" + meant + "'?); known are ";
        assertTrue(verify.err().startsWith(start), verify.err());
    }

    @ParameterizedTest
    @CsvSource({"resnet65, resnet56", "vgg19bn, vgg19_bn"})
    void ofNetworks(String typed, String meant) {
        assertEquals(meant, NearestName.of(typed, Networks.names()));
    }

    @Test
    void ofWhatCanBeFetched() {
        Cli fetch = Cli.run("data", "fetch", "cifar1");
        assertEquals(2, fetch.code());
        assertTrue(
                fetch.err().contains("data fetch cifar1: unknown data set (did you mean 'cifar10'?); can be fetched: "),
                fetch.err());
    }

    @Test
    void nothingLikeItGetsNoAnswer() {
        assertEquals("", NearestName.hint("elephant", List.of("mnist", "cifar10")));
    }
}
