package greg.kernels.cuda;

import java.util.List;

/** File names of NVIDIA's libraries on Linux and on Windows. */
record LibraryNames(boolean windows) {
    /** The versions of CUDA that JCublas can be bound to, newest first; on Windows only the one it was built for. */
    List<Integer> majors() {
        return windows ? List.of(12) : List.of(13, 12);
    }

    /** The driver. */
    String driver() {
        return windows ? "nvcuda.dll" : "libcuda.so.1";
    }

    /** cuBLAS of a major version of CUDA. */
    String cublas(int major) {
        return windows ? "cublas64_" + major + ".dll" : "libcublas.so." + major;
    }

    /** What cuBLAS is built on. */
    String cublasLt(int major) {
        return windows ? "cublasLt64_" + major + ".dll" : "libcublasLt.so." + major;
    }

    /** cuDNN 9. */
    String cudnn() {
        return cudnnPart("");
    }

    /** A part of cuDNN 9 by its suffix, such as {@code _graph}. */
    String cudnnPart(String suffix) {
        return windows ? "cudnn" + suffix + "64_9.dll" : "libcudnn" + suffix + ".so.9";
    }

    /** The compiler that cuDNN makes kernels with at run time. */
    String nvrtc(int major) {
        return windows ? "nvrtc64_" + major + "0_0.dll" : "libnvrtc.so." + major;
    }

    /** NCCL 2; there is none for Windows. */
    String nccl() {
        return windows ? "nccl.dll" : "libnccl.so.2";
    }
}
