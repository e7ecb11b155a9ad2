package greg.pruning.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A value in a JSON file that knows where it is: what is missing, or of another kind than it is read as, is a
 * {@link BadJsonException} that names file and place.
 *
 * @param path names of the objects around it and its own, with dots; empty for the whole file
 * @param value a missing node if there is none
 */
record Field(Path file, String path, JsonNode value) {
    private static final Set<String> NOT_FINITE = Set.of("NaN", "Infinity", "-Infinity");

    /** The whole file. */
    static Field of(Path file) {
        return new Field(file, "", Json.read(file));
    }

    /** A member of this object; it may be missing, which shows when it is read. */
    Field get(String name) {
        return new Field(file, path.isEmpty() ? name : path + "." + name, value.path(name));
    }

    /** Whether there is a value other than null. */
    boolean isThere() {
        return !value.isMissingNode() && !value.isNull();
    }

    /** The members of this object, in order. */
    Map<String, Field> members() {
        if (!value.isObject()) throw bad("an object");
        Map<String, Field> members = new LinkedHashMap<>();
        value.properties().forEach(member -> members.put(member.getKey(), get(member.getKey())));
        return members;
    }

    /** The elements of this array, in order; none if it is missing. */
    List<Field> elements() {
        if (!isThere()) return List.of();
        if (!value.isArray()) throw bad("a list");
        List<Field> elements = new ArrayList<>();
        for (int i = 0; i < value.size(); i++) elements.add(new Field(file, path + "[" + i + "]", value.get(i)));
        return elements;
    }

    /** A finite number. */
    double number() {
        if (!value.isNumber() || !Double.isFinite(value.doubleValue())) throw bad("a finite number");
        return value.doubleValue();
    }

    /** As above, or NaN if there is none; earlier versions wrote numbers that are not finite as texts. */
    double numberOrNaN() {
        boolean none = !isThere() || value.isTextual() && NOT_FINITE.contains(value.textValue());
        return none ? Double.NaN : number();
    }

    /** A whole number that fits an int. */
    int smallInteger() {
        if (!value.isIntegralNumber() || !value.canConvertToInt()) throw bad("a whole number below 2^31");
        return value.intValue();
    }

    /** A whole number. */
    long integer() {
        if (!value.isIntegralNumber() || !value.canConvertToLong()) throw bad("a whole number");
        return value.longValue();
    }

    /** True or false. */
    boolean truth() {
        if (!value.isBoolean()) throw bad("true or false");
        return value.booleanValue();
    }

    /** A text. */
    String text() {
        if (!value.isTextual()) throw bad("a text");
        return value.textValue();
    }

    /** A text, number or truth value as it is written. */
    String written() {
        if (!value.isValueNode() || value.isNull()) throw bad("a text, a number, true or false");
        return value.asText();
    }

    private BadJsonException bad(String expected) {
        String got =
                value.isMissingNode() ? "none" : value.getNodeType().toString().toLowerCase(Locale.ROOT);
        return new BadJsonException(file + ": expected " + expected + " as \"" + path
                + "\", as this version of greg writes it, got " + got + "; put back the file, or run again");
    }
}
