package greg.pruning.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import greg.kernels.BackendProvider;
import greg.kernels.Backends;
import greg.pruning.report.Json;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code greg devices}: which devices can compute, and why the others cannot. */
@Command(name = "devices", description = "Shows the devices that can compute, and why the others cannot.")
final class DevicesCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Option(names = "--json", description = "One JSON object on standard output. Default: ${DEFAULT-VALUE}.")
    private boolean json;

    /** What {@code --json} shows. */
    private record Devices(String auto, List<Device> devices) {}

    /** A backend; one of the texts is null. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Device(String kind, boolean available, String description, String reason) {
        static Device of(BackendProvider provider) {
            String why = provider.unavailable();
            return why == null
                    ? new Device(provider.kind(), true, provider.describe(), null)
                    : new Device(provider.kind(), false, null, Flags.in(why));
        }
    }

    @Override
    public Integer call() {
        Console console = Console.of(spec);
        List<Device> devices = Backends.providers().stream().map(Device::of).toList();
        String auto = devices.stream()
                .filter(Device::available)
                .map(Device::kind)
                .findFirst()
                .orElse(null);
        if (json) {
            console.out().println(Json.line(new Devices(auto, devices)));
            return 0;
        }
        for (Device device : devices) {
            console.out()
                    .printf(
                            "%s %-10s %-12s %s%n",
                            device.kind.equals(auto) ? "*" : " ",
                            device.kind,
                            device.available ? "available" : "unavailable",
                            device.available ? device.description : device.reason);
        }
        console.out().printf("%n* is what --device auto selects%n");
        return 0;
    }
}
