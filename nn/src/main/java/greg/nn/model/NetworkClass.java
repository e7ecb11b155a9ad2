package greg.nn.model;

import greg.kernels.Backend;
import greg.nn.NnModule;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.util.Arrays;

/** A network by the name of its class, which has a public constructor (Backend, inChannels, imageSize, classes) or (Backend). */
final class NetworkClass {
    private static final Class<?>[] ANY_IMAGES = {Backend.class, int.class, int.class, int.class};

    private final Constructor<?> constructor;

    private NetworkClass(Constructor<?> constructor) {
        this.constructor = constructor;
    }

    /**
     * Finds the class; none of its code runs.
     *
     * @throws IllegalArgumentException if there is none, or it is no network that can be made
     */
    static NetworkClass named(String name) {
        try {
            Class<?> type = Class.forName(name, false, Thread.currentThread().getContextClassLoader());
            if (!NnModule.class.isAssignableFrom(type) || Modifier.isAbstract(type.getModifiers())) {
                throw new IllegalArgumentException("architecture " + name + ": expected a class that extends "
                        + NnModule.class.getName() + " and is not abstract");
            }
            return new NetworkClass(constructor(type));
        } catch (ClassNotFoundException e) {
            throw new IllegalArgumentException(
                    "architecture " + name + ": there is no such class on the class path", e);
        } catch (LinkageError e) {
            throw new IllegalArgumentException("architecture " + name + ": the class cannot be loaded (" + e + ")", e);
        }
    }

    private static Constructor<?> constructor(Class<?> type) {
        for (Class<?>[] parameters : new Class<?>[][] {ANY_IMAGES, {Backend.class}}) {
            for (Constructor<?> candidate : type.getConstructors()) {
                boolean fits = Arrays.equals(candidate.getParameterTypes(), parameters);
                if (fits && Modifier.isPublic(type.getModifiers())) return candidate;
            }
        }
        throw new IllegalArgumentException(
                "architecture " + type.getName() + ": expected a public class with a public constructor"
                        + " (Backend backend, int inChannels, int imageSize, int classes) or (Backend backend)");
    }

    NnModule create(Backend backend, int inChannels, int imageSize, int classes) {
        boolean any = constructor.getParameterCount() > 1;
        try {
            return (NnModule)
                    (any
                            ? constructor.newInstance(backend, inChannels, imageSize, classes)
                            : constructor.newInstance(backend));
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof Error error) throw error;
            throw new IllegalArgumentException(
                    constructor.getDeclaringClass().getName() + ": its constructor failed: " + e.getCause(),
                    e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException(
                    constructor.getDeclaringClass().getName() + ": cannot be made (" + e + ")", e);
        }
    }
}
