package greg.nn.model;

import greg.kernels.Backend;
import greg.nn.NnModule;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A network that is not greg's: what a {@link NetworkProvider} of that name makes, or the class of that name. Whatever its code
 * throws becomes an IllegalArgumentException that says whose fault it was, except when memory runs out.
 */
final class UserNetwork {
    private static final Pattern SHORT_NAME = Pattern.compile("[\\w-]+");

    private final String name;
    private final Class<?> code;
    private final Maker maker;

    /** A provider or a constructor. */
    @FunctionalInterface
    private interface Maker {
        NnModule make(Backend backend, int inChannels, int imageSize, int classes) throws ReflectiveOperationException;
    }

    private UserNetwork(String name, Class<?> code, Maker maker) {
        this.name = name;
        this.code = code;
        this.maker = maker;
    }

    /**
     * The network of that name, or null. Of a class no code runs before {@link #create}.
     *
     * @param ours names that no provider may have
     * @throws IllegalArgumentException if there is one that cannot be made, or a provider that cannot be used
     */
    static UserNetwork find(String name, Collection<String> ours) {
        for (NetworkProvider provider : providers(ours)) {
            if (provider.name().equals(name)) return new UserNetwork(name, provider.getClass(), provider::create);
        }
        try {
            return ofClass(name, Class.forName(name, false, loader()));
        } catch (ClassNotFoundException e) {
            return null;
        } catch (LinkageError e) {
            throw failed(name, "cannot be loaded", e);
        }
    }

    /** All providers, each with a name of its own. */
    static List<NetworkProvider> providers(Collection<String> ours) {
        List<NetworkProvider> providers = new ArrayList<>();
        Set<String> taken = new HashSet<>(ours);
        try {
            for (NetworkProvider provider : ServiceLoader.load(NetworkProvider.class, loader())) {
                String name = nameOf(provider);
                String type = provider.getClass().getName();
                if (name == null || !SHORT_NAME.matcher(name).matches()) {
                    throw new IllegalArgumentException("network provider " + type
                            + ": expected a name of letters, digits, _ and -, got '" + name + "'");
                }
                if (!taken.add(name)) {
                    throw new IllegalArgumentException(
                            "network provider " + type + ": there is another network called " + name);
                }
                providers.add(provider);
            }
            return providers;
        } catch (ServiceConfigurationError | LinkageError e) {
            String which = e instanceof ServiceConfigurationError && e.getCause() != null ? e.getMessage() + ": " : "";
            throw new IllegalArgumentException(
                    "a provider of networks on the class path cannot be used: " + which
                            + reason(which.isEmpty() ? e : e.getCause()),
                    e);
        }
    }

    private static String nameOf(NetworkProvider provider) {
        try {
            return provider.name();
        } catch (RuntimeException | Error e) {
            throw failed(provider.getClass().getName(), "its name() failed", e);
        }
    }

    private static ClassLoader loader() {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        return context == null ? UserNetwork.class.getClassLoader() : context;
    }

    private static UserNetwork ofClass(String name, Class<?> type) {
        if (!NnModule.class.isAssignableFrom(type)) {
            throw new IllegalArgumentException(
                    "network " + name + ": expected a class that extends " + NnModule.class.getName());
        }
        if (Modifier.isAbstract(type.getModifiers())) {
            throw new IllegalArgumentException("network " + name + ": the class is abstract");
        }
        if (Modifier.isPublic(type.getModifiers())) {
            for (Constructor<?> c : type.getConstructors()) {
                if (takes(c, Backend.class, int.class, int.class, int.class)) {
                    return new UserNetwork(name, type, (backend, in, size, classes) ->
                            (NnModule) c.newInstance(backend, in, size, classes));
                }
            }
            for (Constructor<?> c : type.getConstructors()) {
                if (takes(c, Backend.class)) {
                    return new UserNetwork(
                            name, type, (backend, in, size, classes) -> (NnModule) c.newInstance(backend));
                }
            }
        }
        throw new IllegalArgumentException("network " + name + ": expected a public class with a public constructor "
                + type.getSimpleName() + "(Backend backend, int inChannels, int size, int classes) or "
                + type.getSimpleName() + "(Backend backend)");
    }

    private static boolean takes(Constructor<?> constructor, Class<?>... parameters) {
        return List.of(constructor.getParameterTypes()).equals(List.of(parameters));
    }

    NnModule create(Backend backend, int inChannels, int imageSize, int classes) {
        NnModule made;
        try {
            made = maker.make(backend, inChannels, imageSize, classes);
        } catch (InvocationTargetException e) {
            throw failed(name, "its constructor failed", e.getCause());
        } catch (ReflectiveOperationException | RuntimeException | Error e) {
            throw failed(name, "it could not be made", e);
        }
        if (made == null) throw new IllegalArgumentException("network " + name + ": its provider made none");
        return made;
    }

    /** Where its code comes from. */
    Class<?> code() {
        return code;
    }

    /** What user code threw, as an exception that says so; lack of memory is passed on as it is. */
    static IllegalArgumentException failed(String name, String what, Throwable cause) {
        if (cause instanceof OutOfMemoryError memory) throw memory;
        return new IllegalArgumentException("network " + name + ": " + what + ": " + reason(cause), cause);
    }

    private static String reason(Throwable cause) {
        if (cause instanceof UnsupportedClassVersionError) {
            int java = Runtime.version().feature();
            return cause.getMessage() + "; compile it for Java " + java + ", or use a newer Java";
        }
        if (cause instanceof NoClassDefFoundError) {
            return "the class " + cause.getMessage().replace('/', '.') + " is missing on the class path";
        }
        if (cause instanceof ExceptionInInitializerError && cause.getCause() != null) {
            return cause.getCause().toString();
        }
        boolean says = cause instanceof IllegalArgumentException || cause instanceof ServiceConfigurationError;
        return says && cause.getMessage() != null ? cause.getMessage() : cause.toString();
    }
}
