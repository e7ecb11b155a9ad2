package greg.kernels;

import java.nio.file.Path;

/**
 * A library of the system that a backend looks for, and what came of it.
 *
 * @param name what it is called, such as {@code cuDNN}
 * @param version in words, or null if it is not known
 * @param path the file that was found, or null
 * @param problem null if the library can be used, else why not and what to do
 */
public record LibraryStatus(String name, String version, Path path, String problem) {}
