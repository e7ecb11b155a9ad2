package greg.pruning.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.reference.ReferenceBackend;
import greg.nn.StateDict;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.GrowingRegularization;
import greg.pruning.ratios.LayerTarget;
import greg.pruning.ratios.PruningRatios;
import greg.pruning.ratios.SkipLayers;
import greg.pruning.ratios.Target;
import greg.pruning.select.Selection;
import greg.pruning.surgery.PruningPlan;
import greg.pruning.surgery.Removal;
import greg.pruning.surgery.RemovalPlan;
import greg.pruning.testing.RandomNets;
import greg.pruning.testing.SketchNet;
import greg.tensor.Shape;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Hundreds of random networks ({@link RandomNets}): the groups found by tracing are those that the network was built with, and
 * the cut network has the same outputs as the full network with everything that was cut set to zero.
 */
class RandomNetworksTest {
    private static final int NETWORKS = Integer.getInteger("greg.random.networks", 600);
    private static final long FIRST = Long.getLong("greg.random.first", 0);

    private final Backend backend = new ReferenceBackend();

    @AfterEach
    void close() {
        backend.close();
    }

    private void each(LongConsumer check) {
        for (long seed = FIRST; seed < FIRST + NETWORKS; seed++) {
            try {
                check.accept(seed);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(
                        "-Dgreg.random.first=" + seed + " -Dgreg.random.networks=1: " + e.getMessage() + "\n"
                                + RandomNets.of(backend, seed),
                        e);
            }
        }
    }

    private static Shape shape(SketchNet net) {
        return Shape.of(1, net.image.channels(), net.image.size(), net.image.size());
    }

    /** Row or column to group by the graph, and to label by construction: the two must be the same up to names. */
    @Test
    void groupsAreThoseOfTheDrawing() {
        each(seed -> {
            try (SketchNet net = RandomNets.of(backend, seed)) {
                Map<String, Integer> traced = new LinkedHashMap<>();
                List<Group> groups = ChannelGraph.trace(net, shape(net)).groups();
                for (int g = 0; g < groups.size(); g++) {
                    for (Group.Member m : groups.get(g).members()) {
                        for (int r : m.rows()) traced.put(m.name() + " row " + r, g);
                        for (int c : m.columns()) traced.put(m.name() + " column " + c, g);
                    }
                }
                Map<String, Integer> drawn = new LinkedHashMap<>();
                net.accounts().forEach((name, account) -> {
                    for (int r = 0; r < account.rows().length; r++) drawn.put(name + " row " + r, account.rows()[r]);
                    for (int c = 0; c < account.columns().length; c++)
                        drawn.put(name + " column " + c, account.columns()[c]);
                });
                assertEquals(new TreeSet<>(drawn.keySet()), new TreeSet<>(traced.keySet()));
                Map<Integer, Integer> groupOf = new HashMap<>();
                Map<Integer, Integer> labelOf = new HashMap<>();
                traced.forEach((place, group) -> {
                    int label = drawn.get(place);
                    assertEquals(
                            group, groupOf.computeIfAbsent(label, l -> group), place + " is in a group of its own");
                    assertEquals(
                            label,
                            labelOf.computeIfAbsent(group, g -> label),
                            place + " is grouped with others for no reason");
                    assertEquals(net.fixed().contains(label), groups.get(group).fixed(), place + " is fixed");
                });
            }
        });
    }

    @Test
    void theCutNetworkAnswersLikeTheMaskedOne() {
        int[] cut = new int[3];
        each(seed -> {
            Random random = new Random(seed);
            try (SketchNet net = RandomNets.of(backend, seed)) {
                Shape image = shape(net);
                Removal removal = removal(net, image, random);
                if (removal == null) return;
                cut[0]++;
                PruningPlan plan = RemovalPlan.of(removal);
                Silencer.checkAny(net, removal, image);
                StateDict state = StateDict.of(net);
                Map<String, String> metadata = new HashMap<>();
                plan.addTo(metadata);
                try (SketchNet fresh = RandomNets.of(backend, seed)) {
                    PruningPlan.read(state, metadata).apply(fresh);
                    state.loadInto(fresh);
                }
                if (random.nextInt(3) > 0) return;
                Removal second = removal(net, image, random);
                if (second == null) return;
                cut[1]++;
                Silencer.checkAny(net, second, image);
            }
        });
        System.out.println(cut[0] + " of " + NETWORKS + " networks were cut, " + cut[1] + " of them twice");
        if (NETWORKS > 100) assertTrue(cut[0] > NETWORKS * 0.8 && cut[1] > NETWORKS * 0.1, "too few were cut");
    }

    /** Masks of single weights, of the same networks: they are read back from a file, and masked weights stay zero. */
    @Test
    void masksComeBack() {
        each(seed -> {
            if (seed % 6 > 0) return;
            try (SketchNet net = RandomNets.of(backend, seed);
                    SketchNet fresh = RandomNets.of(backend, seed)) {
                ChannelGraph graph = ChannelGraph.trace(net, shape(net));
                Target target = Target.of(PruningRatios.of(Map.of("*", 0.4)));
                GregConfig config =
                        GregConfig.l1().granularity(Granularity.WEIGHT).build();
                List<LayerTarget> targets =
                        target.resolve(graph, Granularity.WEIGHT).layers();
                try (GrowingRegularization run = new GrowingRegularization(config, net, graph, targets)) {
                    run.run(null);
                    PruningPlan plan = run.plan();
                    plan.apply(net);
                    StateDict state = StateDict.of(net);
                    plan.addTo(state);
                    PruningPlan read = PruningPlan.read(state, Map.of());
                    assertEquals(plan, read);
                    read.apply(fresh);
                    PruningPlan.weights(state).loadInto(fresh);
                }
                for (Layer layer : graph.layers()) {
                    float[] values =
                            fresh.parameters().get(layer.parameter()).tensor().toHost();
                    int zeros = 0;
                    for (float v : values) if (v == 0) zeros++;
                    assertEquals(Selection.count(0.4, values.length), zeros, layer.parameter());
                }
            }
        });
    }

    /** What L1 removes at random ratios; null if nothing can be removed. */
    private static Removal removal(SketchNet net, Shape image, Random random) {
        Granularity granularity = random.nextBoolean() ? Granularity.FILTER : Granularity.CHANNEL;
        boolean coupled = random.nextBoolean();
        ChannelGraph graph = ChannelGraph.trace(net, image);
        ChannelSets sets = ChannelSets.of(graph, granularity, coupled);
        Map<String, Double> ratios = new LinkedHashMap<>();
        for (Layer layer : graph.layers()) {
            if (!layer.linear() && !sets.keepsWhole(layer)) ratios.put(layer.name(), 0.95 * random.nextDouble());
        }
        if (ratios.isEmpty()) return null;
        Target target = new Target(PruningRatios.of(ratios), SkipLayers.NONE, null, coupled, false);
        GregConfig config = GregConfig.l1().granularity(granularity).build();
        try (GrowingRegularization run = new GrowingRegularization(
                config, net, graph, target.resolve(graph, granularity).layers())) {
            run.run(null);
            Removal removal = run.removal();
            return removal.groups().isEmpty() ? null : removal;
        }
    }
}
