package greg.kernels;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;

/** Finds backends. A backend requested by name is that one or an error, never another. */
public final class Backends {
    /** System property: what {@code auto} stands for. */
    private static final String DEVICE = "greg.device";

    private static final String AUTO = "auto";

    private Backends() {}

    /** All providers on the class path, in order of preference. */
    public static List<BackendProvider> providers() {
        List<BackendProvider> found = new ArrayList<>();
        ServiceLoader.load(BackendProvider.class).forEach(found::add);
        found.sort(Comparator.comparingInt(BackendProvider::priority).reversed());
        return found;
    }

    /** Opens a backend with the usual options: {@link #open(String, BackendOptions)}. */
    public static Backend open(String device) {
        return open(device, BackendOptions.standard());
    }

    /**
     * Opens a backend.
     *
     * @param device {@code auto}, {@code cpu}, {@code reference}, {@code cuda} or {@code cuda:n}; {@code auto} is the device that
     *     system property {@value #DEVICE} names, without one the first that can be used
     * @throws KernelException if the device is unknown or cannot be used; the message says why
     */
    public static Backend open(String device, BackendOptions options) {
        String preferred = System.getProperty(DEVICE, AUTO);
        if (device.equals(AUTO) && !preferred.equals(AUTO)) return open(preferred, options);
        List<BackendProvider> all = providers();
        if (device.equals(AUTO)) {
            for (BackendProvider provider : all) {
                if (provider.unavailable() == null) return provider.open(options);
            }
            throw new KernelException("device auto: no backend can be used; see Backends.providers()");
        }
        int colon = device.indexOf(':');
        String kind = colon < 0 ? device : device.substring(0, colon);
        BackendOptions chosen = colon < 0 ? options : options.index(index(device, colon));
        for (BackendProvider provider : all) {
            if (!provider.kind().equals(kind)) continue;
            String why = provider.unavailable();
            if (why != null) throw new KernelException("device " + device + " cannot be used: " + why);
            return provider.open(chosen);
        }
        throw new KernelException("unknown device '" + device + "': expected auto or one of "
                + all.stream().map(BackendProvider::kind).toList() + "; see Backends.providers()");
    }

    private static int index(String device, int colon) {
        try {
            int index = Integer.parseInt(device.substring(colon + 1));
            if (index >= 0) return index;
        } catch (NumberFormatException e) {
            // reported below with the whole name, which says more than the parser's message
        }
        throw new KernelException("device '" + device + "': expected a number from 0 after the colon, as in cuda:0");
    }
}
