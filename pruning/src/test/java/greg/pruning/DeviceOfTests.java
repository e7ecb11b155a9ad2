package greg.pruning;

import greg.kernels.BackendProvider;
import greg.kernels.Backends;
import java.util.List;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Where the tests are run on a device of their own ({@code greg.device}, see pom.xml), those of a machine that lacks it are
 * skipped, or fail if {@code -Dgreg.require} names it.
 */
public final class DeviceOfTests implements ExecutionCondition {
    private static final String DEVICE = System.getProperty("greg.device", "auto");
    private static final List<String> REQUIRED =
            List.of(System.getProperty("greg.require", "").split(","));

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        for (BackendProvider provider : Backends.providers()) {
            String why = provider.kind().equals(DEVICE) ? provider.unavailable() : null;
            if (why != null && !REQUIRED.contains(DEVICE)) return ConditionEvaluationResult.disabled(why);
        }
        return ConditionEvaluationResult.enabled("device " + DEVICE);
    }
}
