package greg.pruning.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import greg.kernels.BackendProvider;
import greg.kernels.Backends;
import greg.kernels.LibraryStatus;
import greg.pruning.report.Json;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code greg devices}: which devices can compute, with which libraries of the system, and why the others cannot. */
@Command(
        name = "devices",
        description =
                "Shows the devices that can compute, the libraries that were found for them, and why the others cannot.")
final class DevicesCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Option(names = "--json", description = "One JSON object on standard output. Default: ${DEFAULT-VALUE}.")
    private boolean json;

    /** What {@code --json} shows. */
    private record Devices(String auto, List<Device> devices) {}

    /** A backend; one of the texts is null, and there may be no libraries. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    private record Device(String kind, boolean available, String description, String reason, List<Library> libraries) {
        static Device of(BackendProvider provider) {
            String why = provider.unavailable();
            List<Library> libraries =
                    provider.libraries().stream().map(Library::of).toList();
            return why == null
                    ? new Device(provider.kind(), true, provider.describe(), null, libraries)
                    : new Device(provider.kind(), false, null, Flags.in(why), libraries);
        }
    }

    /** A library of the system; what is not known is null, and so is the problem of one that can be used. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Library(String name, String version, String path, String problem) {
        static Library of(LibraryStatus status) {
            String path = status.path() == null ? null : status.path().toString();
            String problem = status.problem() == null ? null : Flags.in(status.problem());
            return new Library(status.name(), status.version(), path, problem);
        }

        /** One line: version and file, or what is wrong, which names the file. */
        String line() {
            if (problem != null) return problem;
            return (version == null ? "" : version + ", ") + path;
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
                            Locale.ROOT,
                            "%s %-10s %-12s %s%n",
                            device.kind.equals(auto) ? "*" : " ",
                            device.kind,
                            device.available ? "available" : "unavailable",
                            device.available ? device.description : device.reason);
            for (Library library : device.libraries) {
                // the device's own line has this text already
                if (library.problem != null && library.problem.equals(device.reason)) continue;
                console.out().printf(Locale.ROOT, "  %-10s %-12s %s%n", "", library.name, library.line());
            }
        }
        console.out().printf(Locale.ROOT, "%n* is what --device auto selects%n");
        return 0;
    }
}
