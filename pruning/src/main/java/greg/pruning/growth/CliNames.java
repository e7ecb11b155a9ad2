package greg.pruning.growth;

import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Looks up enum constants by the exact name that the command line uses for them. */
public final class CliNames {
    private CliNames() {}

    /**
     * The constant called {@code text}.
     *
     * @param flag the option's name, for the message
     * @throws IllegalArgumentException naming the known values
     */
    public static <E extends Enum<E>> E parse(String flag, Class<E> type, Function<E, String> cliName, String text) {
        for (E constant : type.getEnumConstants()) {
            if (cliName.apply(constant).equals(text)) {
                return constant;
            }
        }
        String known = Arrays.stream(type.getEnumConstants()).map(cliName).collect(Collectors.joining(", "));
        throw new IllegalArgumentException(flag + ": expected one of " + known + ", got '" + text + "'");
    }
}
