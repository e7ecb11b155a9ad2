package greg.pruning.graph;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Puts the rows and columns of all parameters into {@link Group}s. */
final class Grouping {
    private final ChannelGraph graph;
    private final Map<Integer, Parts> parts = new LinkedHashMap<>();

    /** One group in the making. */
    private static final class Parts {
        final List<Group.Member> members = new ArrayList<>();
        final List<Group.Copies> copies = new ArrayList<>();
    }

    Grouping(ChannelGraph graph, Tracing tracing) {
        this.graph = graph;
        for (Tracing.Use use : tracing.uses.values()) {
            int[] columns = use.columns() == null ? new int[0] : use.columns();
            split(use.rows(), columns).forEach((unit, numbers) -> of(unit).members
                    .add(new Group.Member(use.name(), use.shape(), use.buffer(), numbers[0], numbers[1])));
        }
        for (Tracing.RouteUse use : tracing.routes) {
            split(use.outputs(), use.inputs()).forEach((unit, numbers) -> of(unit).copies
                    .add(new Group.Copies(use.route(), numbers[0], numbers[1])));
        }
    }

    private Parts of(int unit) {
        return parts.computeIfAbsent(unit, u -> new Parts());
    }

    /** Unit to the positions of its atoms in {@code rows} and in {@code columns}. */
    private Map<Integer, int[][]> split(int[] rows, int... columns) {
        Map<Integer, List<List<Integer>>> lists = new LinkedHashMap<>();
        add(rows, 0, lists);
        add(columns, 1, lists);
        Map<Integer, int[][]> split = new LinkedHashMap<>();
        lists.forEach((unit, both) -> split.put(
                unit,
                both.stream()
                        .map(list -> list.stream().mapToInt(Integer::intValue).toArray())
                        .toArray(int[][]::new)));
        return split;
    }

    private void add(int[] atoms, int side, Map<Integer, List<List<Integer>>> lists) {
        IntStream.range(0, atoms.length).forEach(i -> lists.computeIfAbsent(
                        graph.unit(atoms[i]), unit -> List.of(new ArrayList<>(), new ArrayList<>()))
                .get(side)
                .add(i));
    }

    /** By unit. */
    Map<Integer, Group> groups() {
        Map<Integer, Group> groups = new LinkedHashMap<>();
        parts.forEach((unit, p) -> groups.put(
                unit,
                new Group(
                        p.members,
                        p.copies,
                        graph.carriesImage(unit),
                        graph.carriesOutput(unit),
                        graph.tied(unit) ? graph.addition(null, true, unit) : null)));
        return groups;
    }
}
