package greg.kernels.cuda;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which cuDNN and which cuBLAS to load. One process uses those of one major version of CUDA, 12 or 13, since cuDNN is built
 * for one and opens that one's cuBLAS and NVRTC by name; and one that the driver supports, which is every version up to its
 * own. Of what is left the first cuDNN of the search wins for which there is a cuBLAS, and the newest version for a cuDNN
 * that does not show for which it was built.
 *
 * @param major of the files below; the newest possible if there are none
 * @param cudnn the file of cuDNN, or null
 * @param cublas the file of cuBLAS, or null
 * @param cublasLt the file that belongs to it, or null
 * @param nvrtc the compiler, or null
 * @param mismatch why what was found is not used, or null
 */
record LibraryChoice(int major, Path cudnn, Path cublas, Path cublasLt, Path nvrtc, String mismatch) {
    /** cuDNN takes the description of a device as text since this version. */
    private static final long OLDEST_CUDNN = 90800;

    /** cuda-12.4, cuda12, cu13. */
    private static final Pattern IN_NAME = Pattern.compile("cu(?:da)?[-_]?(1[23])(?!\\d)");

    /**
     * Chooses.
     *
     * @param driverMajor the newest major version of CUDA that the driver supports
     */
    static LibraryChoice of(LibrarySearch search, LibraryNames names, int driverMajor) {
        List<Integer> possible =
                names.majors().stream().filter(major -> major <= driverMajor).toList();
        StringBuilder mismatch = new StringBuilder();
        List<Path> candidates = search.find(names.cudnn());
        for (Path cudnn : candidates) {
            int built = builtFor(cudnn, names);
            for (int major : built == 0 ? possible : List.of(built)) {
                if (!possible.contains(major)) {
                    mismatch.append(cudnn + " is built for CUDA " + major + ", which the driver, for CUDA "
                            + driverMajor + ", does not support: update the driver, or use another cuDNN; ");
                    continue;
                }
                LibraryChoice choice = with(search, names, major, cudnn);
                if (choice.cublas != null) return choice;
                if (built != 0) {
                    mismatch.append(cudnn + " is built for CUDA " + major + ", of which there is no "
                            + names.cublas(major) + "; ");
                }
            }
        }
        // nothing fits: show what there is of each
        String why = mismatch.isEmpty() ? null : mismatch.substring(0, mismatch.length() - 2);
        Path cudnn = candidates.isEmpty() || why != null ? null : candidates.get(0);
        for (int major : possible) {
            LibraryChoice choice = with(search, names, major, cudnn);
            if (choice.cublas != null) return choice.because(why);
        }
        return new LibraryChoice(possible.isEmpty() ? 12 : possible.get(0), cudnn, null, null, null, why);
    }

    private LibraryChoice because(String why) {
        return new LibraryChoice(major, cudnn, cublas, cublasLt, nvrtc, why);
    }

    private static LibraryChoice with(LibrarySearch search, LibraryNames names, int major, Path cudnn) {
        Path nvrtc = search.find(names.nvrtc(major)).stream().findFirst().orElse(null);
        for (Path cublas : search.find(names.cublas(major))) {
            Path beside = cublas.resolveSibling(names.cublasLt(major));
            if (Files.isRegularFile(beside)) return new LibraryChoice(major, cudnn, cublas, beside, nvrtc, null);
        }
        return new LibraryChoice(major, cudnn, null, null, nvrtc, null);
    }

    /**
     * The major version of CUDA that a cuDNN was built for, or 0 if that does not show: by a folder such as {@code cu13} or
     * {@code cuda-12.4} in its path, by the package that pip has installed it from, or by a cuBLAS of one version beside it.
     * After loading, cuDNN itself is asked.
     */
    static int builtFor(Path cudnn, LibraryNames names) {
        for (Path name : cudnn.toAbsolutePath().getParent()) {
            Matcher matcher = IN_NAME.matcher(name.toString());
            if (matcher.find()) return Integer.parseInt(matcher.group(1));
        }
        // site-packages/nvidia/cudnn/lib/libcudnn.so.9, site-packages/nvidia_cudnn_cu13-9.24.0.43.dist-info
        Path packages = cudnn.toAbsolutePath();
        for (int i = 0; i < 4 && packages != null; i++) packages = packages.getParent();
        if (packages != null) {
            try (DirectoryStream<Path> installed = Files.newDirectoryStream(packages, "nvidia_cudnn_cu1*")) {
                for (Path name : installed) {
                    Matcher matcher = IN_NAME.matcher(name.getFileName().toString());
                    if (matcher.find()) return Integer.parseInt(matcher.group(1));
                }
            } catch (IOException unreadable) {
                // then it does not show here
            }
        }
        int[] beside = names.majors().stream()
                .mapToInt(Integer::intValue)
                .filter(major -> Files.exists(cudnn.resolveSibling(names.cublas(major))))
                .toArray();
        return beside.length == 1 ? beside[0] : 0;
    }

    /**
     * Why the cuDNN of this choice cannot be used, now that it is loaded and can be asked; null if it can.
     *
     * @param version what {@code cudnnGetVersion} answers: 92400 for 9.24.0
     * @param builtWith what {@code cudnnGetCudartVersion} answers: 13000 for 13.0
     */
    String refusal(long version, long builtWith) {
        if (version < OLDEST_CUDNN) {
            return "expected cuDNN " + cudnnVersion(OLDEST_CUDNN) + " or later, got " + cudnnVersion(version) + " in "
                    + cudnn;
        }
        if (builtWith / 1000 != major) {
            return "expected a cuDNN for CUDA " + major + ", as the cuBLAS in " + cublas + ", got one for CUDA "
                    + builtWith / 1000 + " in " + cudnn;
        }
        return null;
    }

    /** As people write it: 9.24.0. */
    static String cudnnVersion(long version) {
        return version / 10000 + "." + version / 100 % 100 + "." + version % 100;
    }
}
