package greg.pruning.ratios;

import greg.nn.SettingException;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.ChannelSets;
import greg.pruning.graph.Granularity;
import greg.pruning.graph.Layer;
import greg.pruning.report.Written;
import greg.pruning.select.Selection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * How much of a network to remove, and where.
 *
 * @param ratios the share of each layer; null if inherited
 * @param skip layers that stay whole
 * @param inherited what another run pruned, or null
 * @param coupled whether channels tied by residual additions are pruned too
 * @param global whether the one ratio is a share of all groups of the network
 * @param roundTo what is left of a layer that loses something is a multiple of this many filters or channels (where it has that many),
 *     the one nearest to what the ratio leaves; 1 for no rounding
 */
public record Target(
        PruningRatios ratios,
        SkipLayers skip,
        InheritedPruning inherited,
        boolean coupled,
        boolean global,
        int roundTo) {
    private static final int NAMES_IN_MESSAGE = 3;
    /** Of so many groups a layer keeps more than one, unless it is a mistake. */
    private static final int MANY = 8;

    /** Refuses a multiple below 1. */
    public Target {
        if (roundTo < 1) throw SettingException.of("roundTo", roundTo, "expected a number of at least 1");
    }

    /** Without rounding. */
    public Target(PruningRatios ratios, SkipLayers skip, InheritedPruning inherited, boolean coupled, boolean global) {
        this(ratios, skip, inherited, coupled, global, 1);
    }

    /** As the ratios say; nothing is skipped, and what additions tie together stays whole. */
    public static Target of(PruningRatios ratios) {
        return of(ratios, SkipLayers.NONE);
    }

    /** As the ratios say, except that some layers stay whole. */
    public static Target of(PruningRatios ratios, SkipLayers skip) {
        return new Target(ratios, skip, null, false, false);
    }

    /**
     * What the target means for a network.
     *
     * @param layers one for each of the graph's layers, in their order
     * @param warnings one line each, to be shown to the user
     */
    public record Resolved(List<LayerTarget> layers, List<String> warnings) {
        /** The target of a layer, by the name that users call it. */
        public LayerTarget of(String name) {
            return layers.stream()
                    .filter(t -> t.layer().name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("target: no layer is named '" + name + "'"));
        }
    }

    /**
     * What the target means for the network of {@code graph}; a global ratio is spread over the layers by the weights that the
     * network has now.
     *
     * @throws IllegalArgumentException if it does not fit the network, saying which layers or stages it has and why some
     *     stay whole
     */
    public Resolved resolve(ChannelGraph graph, Granularity granularity) {
        ChannelSets sets = ChannelSets.of(graph, granularity, coupled);
        PruningRatios.Resolved shares = shares(sets);
        if (!global) return resolved(shares, sets);
        double[] spread = GlobalRatios.of(graph, shares.ratios(), sets);
        return resolved(new PruningRatios.Resolved(spread, shares.warnings()), sets);
    }

    /**
     * As {@link #resolve}, as far as possible without weights: every layer has a global ratio as it was given. The
     * network may be on a backend that computes nothing.
     */
    public Resolved resolveWithoutWeights(ChannelGraph graph, Granularity granularity) {
        ChannelSets sets = ChannelSets.of(graph, granularity, coupled);
        PruningRatios.Resolved shares = shares(sets);
        if (global) GlobalRatios.check(shares.ratios());
        return resolved(shares, sets);
    }

    private PruningRatios.Resolved shares(ChannelSets sets) {
        return inherited != null ? inherited.ratios(sets) : ratios.resolve(sets, skip);
    }

    private Resolved resolved(PruningRatios.Resolved shares, ChannelSets sets) {
        List<LayerTarget> targets = new ArrayList<>();
        List<String> whole = new ArrayList<>();
        Map<String, Integer> thin = new LinkedHashMap<>();
        for (int i = 0; i < shares.ratios().length; i++) {
            Layer layer = sets.layers().get(i);
            double ratio = rounded(shares.ratios()[i], layer, sets);
            if (ratio == 0 && shares.ratios()[i] != 0) whole.add(layer.name());
            boolean cut = sets.granularity().structured() && !layer.linear() && ratio > 0;
            int units =
                    sets.coupling(layer).count(sets.granularity().index(layer).count());
            if (cut && units - Selection.count(ratio, units) == 1) thin.put(layer.name(), units);
            targets.add(new LayerTarget(
                    layer,
                    ratio,
                    sets.coupling(layer),
                    inherited == null ? null : inherited.preset(layer, sets.granularity())));
        }
        List<String> warnings = new ArrayList<>(shares.warnings());
        if (!whole.isEmpty()) {
            warnings.add("roundTo = " + roundTo + ": what is left of " + String.join(", ", whole)
                    + " is rounded to the whole layer");
        }
        warnings.addAll(oneLeft(sets.granularity(), thin));
        return new Resolved(List.copyOf(targets), List.copyOf(warnings));
    }

    /**
     * Warns of layers of which next to nothing is left: one group of many. Nothing behind such a layer sees more than one
     * number of each place of the image.
     *
     * @param thin the groups that layers had, for those that have one left
     */
    public static List<String> oneLeft(Granularity granularity, Map<String, Integer> thin) {
        Map<Integer, List<String>> bySize = new TreeMap<>();
        thin.forEach((name, groups) -> {
            if (groups >= MANY)
                bySize.computeIfAbsent(groups, g -> new ArrayList<>()).add(name);
        });
        List<String> warnings = new ArrayList<>();
        bySize.forEach((groups, names) -> {
            int more = names.size() - NAMES_IN_MESSAGE;
            warnings.add("ratios: only 1 of " + groups + " " + Written.name(granularity) + "s is left of "
                    + names.stream().limit(NAMES_IN_MESSAGE).collect(Collectors.joining(", "))
                    + (more > 0 ? " and " + more + " more" : ""));
        });
        return warnings;
    }

    private double rounded(double ratio, Layer layer, ChannelSets sets) {
        if (roundTo == 1 || ratio == 0 || layer.linear()) return ratio;
        if (ratio == Selection.AUTOMATIC || !sets.granularity().structured()) {
            throw new SettingException(
                    "roundTo",
                    "expected ratios in [0, 1) of filters or channels, not a number that the scores decide, or single"
                            + " weights; leave it out");
        }
        int units = sets.coupling(layer).count(sets.granularity().index(layer).count());
        int left = units - Selection.count(ratio, units);
        int multiple = Math.max(1, Math.round(left / (float) roundTo)) * roundTo;
        return Selection.ratioOf(units - Math.min(units, multiple), units);
    }
}
