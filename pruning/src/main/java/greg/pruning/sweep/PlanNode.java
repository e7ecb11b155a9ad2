package greg.pruning.sweep;

import com.fasterxml.jackson.databind.JsonNode;
import greg.pruning.report.BadJsonException;
import greg.pruning.report.Json;
import greg.pruning.run.RunException;
import greg.pruning.run.UsageException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * A value in a plan that knows where it is. A number or truth value is the text that stands there: what it means is the flag's
 * affair. YAML is read by SnakeYAML itself and not through Jackson, which Spark has on its class path in a version of its own.
 *
 * @param line from 1; 0 where it is not known
 * @param key with dots, empty for the whole file
 * @param value a String, a {@code List<PlanNode>} or a {@code Map<String, PlanNode>}; null if nothing stands there
 */
record PlanNode(Path file, int line, String key, Object value) {
    /** Deeper than any plan is: a list as the value of a flag of a run. */
    private static final int MOST_LEVELS = 5;

    static PlanNode read(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        boolean yaml = name.endsWith(".yaml") || name.endsWith(".yml");
        if (!yaml && !name.endsWith(".json")) {
            throw new UsageException(file + ": expected a plan, a file whose name ends in .yaml, .yml or .json");
        }
        if (!Files.isRegularFile(file)) throw new UsageException(file + ": expected a plan; there is no such file");
        try {
            return yaml ? yaml(file, Files.readString(file)) : json(file, 0, "", Json.read(file));
        } catch (MarkedYAMLException e) {
            String where =
                    e.getProblemMark() == null ? "" : ":" + (e.getProblemMark().getLine() + 1);
            throw new UsageException(file + where + ": is not YAML: " + e.getProblem());
        } catch (YAMLException e) {
            throw new UsageException(file + ": is not YAML: " + e.getMessage());
        } catch (BadJsonException e) {
            throw new UsageException(e.getMessage());
        } catch (IOException e) {
            throw new UsageException(file + ": cannot be read (" + RunException.reason(e) + ")");
        }
    }

    private static PlanNode yaml(Path file, String text) {
        Node root = new Yaml(new LoaderOptions()).compose(new StringReader(text));
        return root == null ? new PlanNode(file, 1, "", null) : yaml(file, 0, "", root);
    }

    private static PlanNode yaml(Path file, int level, String key, Node node) {
        int line = node.getStartMark().getLine() + 1;
        PlanNode empty = new PlanNode(file, line, key, null);
        empty.checkLevel(level);
        if (node instanceof ScalarNode scalar) {
            boolean nothing = scalar.getTag().equals(Tag.NULL);
            return nothing ? empty : new PlanNode(file, line, key, scalar.getValue());
        }
        if (node instanceof SequenceNode sequence) {
            List<PlanNode> elements = new ArrayList<>();
            for (Node element : sequence.getValue()) {
                elements.add(yaml(file, level + 1, element(key, elements.size()), element));
            }
            return new PlanNode(file, line, key, elements);
        }
        Map<String, PlanNode> members = new LinkedHashMap<>();
        for (NodeTuple tuple : ((MappingNode) node).getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode name)) throw empty.bad("expected a name as key");
            PlanNode at = new PlanNode(file, name.getStartMark().getLine() + 1, member(key, name.getValue()), null);
            // where the key stands, not its value: that is the line to look at
            PlanNode member =
                    yaml(file, level + 1, at.key, tuple.getValueNode()).at(at.line);
            if (members.put(name.getValue(), member) != null) throw at.bad("is there twice");
        }
        return new PlanNode(file, line, key, members);
    }

    private static PlanNode json(Path file, int level, String key, JsonNode node) {
        PlanNode empty = new PlanNode(file, 0, key, null);
        empty.checkLevel(level);
        if (node.isNull() || node.isMissingNode()) return empty;
        if (node.isValueNode()) return new PlanNode(file, 0, key, node.asText());
        if (node.isArray()) {
            List<PlanNode> elements = new ArrayList<>();
            for (JsonNode element : node) {
                elements.add(json(file, level + 1, element(key, elements.size()), element));
            }
            return new PlanNode(file, 0, key, elements);
        }
        Map<String, PlanNode> members = new LinkedHashMap<>();
        node.properties()
                .forEach(m -> members.put(m.getKey(), json(file, level + 1, member(key, m.getKey()), m.getValue())));
        return new PlanNode(file, 0, key, members);
    }

    private static String member(String key, String name) {
        return key.isEmpty() ? name : key + "." + name;
    }

    private static String element(String key, int index) {
        return key + "[" + index + "]";
    }

    private void checkLevel(int level) {
        if (level > MOST_LEVELS) throw bad("is nested deeper than a plan is");
    }

    private PlanNode at(int otherLine) {
        return new PlanNode(file, otherLine, key, value);
    }

    /** File, line and key, as far as they are known. */
    String where() {
        String place = line > 0 ? file + ":" + line : file.toString();
        return key.isEmpty() ? place : place + ": " + key;
    }

    UsageException bad(String text) {
        return new UsageException(where() + ": " + text);
    }

    /** The last part of its key. */
    String name() {
        return key.substring(key.lastIndexOf('.') + 1);
    }

    /** What {@code key: value} pairs it has; UsageException if it is something else. */
    Map<String, PlanNode> members() {
        if (!(value instanceof Map<?, ?> map)) throw bad("expected keys with values, got " + kind());
        Map<String, PlanNode> members = new LinkedHashMap<>();
        map.forEach((name, member) -> members.put((String) name, (PlanNode) member));
        return members;
    }

    /** The elements of a list, at least one. */
    List<PlanNode> elements() {
        if (!(value instanceof List<?> list)) throw bad("expected a list, got " + kind());
        if (list.isEmpty()) throw bad("expected at least one value, got an empty list");
        return list.stream().map(PlanNode.class::cast).toList();
    }

    /** A text, number or truth value. */
    String text() {
        if (!(value instanceof String text)) throw bad("expected one value, got " + kind());
        if (text.isBlank()) throw bad("expected a value, got an empty text; leave the key out");
        return text;
    }

    /** The value of a flag: a list is one in brackets, as {@code [0,0.7,0.7,0.7,0]}. */
    String flag() {
        if (!(value instanceof List<?>)) return text();
        return "[" + String.join(",", elements().stream().map(PlanNode::text).toList()) + "]";
    }

    private String kind() {
        if (value == null) return "nothing";
        if (value instanceof String text) return "'" + text + "'";
        return value instanceof List<?> ? "a list" : "keys with values";
    }
}
