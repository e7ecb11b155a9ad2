package greg.pruning.cli;

import greg.kernels.BackendProvider;
import greg.kernels.Backends;
import greg.pruning.report.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code greg devices}: what was found, what is missing and why. */
@Command(name = "devices", description = "Shows the devices that can compute, and why the others cannot.")
final class DevicesCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Option(names = "--json", description = "One JSON object on standard output. Default: ${DEFAULT-VALUE}.")
    private boolean json;

    @Override
    public Integer call() {
        Console console = Console.of(spec);
        List<Map<String, Object>> found = probe(Backends.providers());
        String auto = null;
        for (Map<String, Object> device : found) {
            if (auto == null && (Boolean) device.get("available")) auto = (String) device.get("kind");
        }
        if (json) {
            console.out().println(Json.line(Json.object("auto", auto, "devices", found)));
            return 0;
        }
        for (Map<String, Object> device : found) {
            boolean available = (Boolean) device.get("available");
            console.out()
                    .printf(
                            "%s %-10s %-12s %s%n",
                            device.get("kind").equals(auto) ? "*" : " ",
                            device.get("kind"),
                            available ? "available" : "unavailable",
                            device.get(available ? "description" : "reason"));
        }
        console.out().printf("%n* is what --device auto takes%n");
        return 0;
    }

    private static List<Map<String, Object>> probe(List<BackendProvider> providers) {
        List<Map<String, Object>> found = new ArrayList<>();
        for (BackendProvider provider : providers) {
            String why = provider.unavailable();
            Map<String, Object> device = new LinkedHashMap<>();
            device.put("kind", provider.kind());
            device.put("available", why == null);
            if (why == null) device.put("description", provider.describe());
            else device.put("reason", Flags.in(why));
            found.add(device);
        }
        return found;
    }
}
