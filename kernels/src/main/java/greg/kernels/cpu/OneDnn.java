package greg.kernels.cpu;

import greg.kernels.KernelException;
import greg.kernels.Precision;
import greg.kernels.natives.NativeFolder;
import greg.kernels.natives.UnpackedNatives;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.dnnl.dnnl_version_t;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.primitive_desc;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.PointerScope;

/** oneDNN's engine and stream with a fixed team of threads, and what all plan builders share. */
final class OneDnn {
    private static final String DNNL = "org/bytedeco/dnnl/jnidnnl";

    /** Native halves of packages, and beside each in its jar what it needs; oneDNN's asks for OpenCL's. */
    private static final List<String> LIBRARIES =
            List.of("org/bytedeco/javacpp/jnijavacpp", "org/bytedeco/opencl/jniOpenCL", DNNL);

    private static boolean unpacked;

    private final engine engine;
    private final stream stream;
    private final int threads;

    private OneDnn(int threads) {
        this.threads = threads;
        engine = scoped(() -> new engine(org.bytedeco.dnnl.engine.kind.cpu, 0).retainReference());
        stream = scoped(() -> new stream(engine).retainReference());
    }

    /** Loads the library if this has not happened yet and makes an engine. */
    static OneDnn open(int threads) {
        configure(threads);
        load();
        Team.enter(threads);
        return new OneDnn(threads);
    }

    private static void load() {
        // touching the class loads the natives, and with them libgomp, which Team then finds by name
        dnnl.dnnl_get_effective_cpu_isa();
    }

    /** Null if oneDNN can be loaded here, else what is missing, in one line. */
    static String whyNot(int threads) {
        URL library = resource(DNNL);
        if (library == null) {
            String platform = Loader.getPlatform();
            return "oneDNN: no natives for " + platform + " on the class path; add org.bytedeco:dnnl with classifier "
                    + platform + ", or use device = reference";
        }
        try {
            configure(threads);
            load();
            return null;
        } catch (KernelException e) {
            return "oneDNN: " + e.getMessage() + "; or use device = reference";
        } catch (LinkageError | RuntimeException e) {
            Throwable root = e;
            while (root.getCause() != null) root = root.getCause();
            return "oneDNN: loading " + library + " failed: " + root + "; check that "
                    + System.getProperty("org.bytedeco.javacpp.cachedir")
                    + " allows execution, or use device = reference";
        }
    }

    /** Null if this processor computes in {@code precision}, else why not, in one line. */
    static String whyNot(Precision precision) {
        if (precision == Precision.FP32) return null;
        if (precision == Precision.TF32) {
            return "expected precision fp32 or bf16, got tf32, which needs a GPU; leave the precision out";
        }
        return computesBfloat16(dnnl.dnnl_get_effective_cpu_isa())
                ? null
                : "precision bf16 needs a processor with AVX512-BF16 or AMX, this one's widest instruction set is "
                        + instructionSet() + "; leave the precision out or set it to fp32";
    }

    /** Whether an instruction set of oneDNN multiplies bfloat16; its numbers are sets of bits, of which AMX has all these. */
    static boolean computesBfloat16(int isa) {
        return (isa & dnnl.dnnl_cpu_isa_avx512_core_bf16) == dnnl.dnnl_cpu_isa_avx512_core_bf16;
    }

    /** Whether convolutions may use AMX, which multiplies tiles of matrices. */
    static boolean hasAmx() {
        int amx = dnnl.dnnl_cpu_isa_avx512_core_amx;
        return (dnnl.dnnl_get_effective_cpu_isa() & amx) == amx;
    }

    /** Version and instruction set, one line. */
    static String details() {
        return "oneDNN " + version() + ", " + instructionSet() + ", float32";
    }

    /** What must be settled before any native class is initialised. */
    private static synchronized void configure(int threads) {
        // JavaCPP limits native memory to the size of the Java heap unless told otherwise
        setDefault("org.bytedeco.javacpp.maxBytes", "0");
        setDefault("org.bytedeco.javacpp.maxPhysicalBytes", "0");
        NativeFolder.useForLoaders();
        if (!unpacked) {
            Path folder = Path.of(System.getProperty("org.bytedeco.javacpp.cachedir"));
            for (String library : LIBRARIES) {
                URL resource = resource(library);
                if (resource != null) UnpackedNatives.unpack(resource, folder);
            }
            unpacked = true;
        }
        Team.prepare(threads);
    }

    private static void setDefault(String property, String value) {
        if (System.getProperty(property) == null) System.setProperty(property, value);
    }

    /** The native half of a package of bytedeco, or null; the loader knows it, the class on a module path its own module only. */
    private static URL resource(String library) {
        int slash = library.lastIndexOf('/');
        String file = library.substring(0, slash) + "/" + Loader.getPlatform() + "/"
                + System.mapLibraryName(library.substring(slash + 1));
        return OneDnn.class.getClassLoader().getResource(file);
    }

    engine engine() {
        return engine;
    }

    stream stream() {
        return stream;
    }

    /** To be called before oneDNN computes or plans: makes the calling thread's team that of this backend. */
    void enter() {
        Team.enter(threads);
    }

    /** Runs a function that creates native objects and frees those that it did not retain. */
    static <T> T scoped(Supplier<T> maker) {
        PointerScope scope = new PointerScope();
        try {
            return maker.get();
        } finally {
            scope.close();
        }
    }

    void close() {
        stream.releaseReference();
        engine.releaseReference();
    }

    /** Library version, such as {@code 3.11.0}. */
    static String version() {
        dnnl_version_t version = dnnl.dnnl_version();
        return version.major() + "." + version.minor() + "." + version.patch();
    }

    /** The instruction set that oneDNN generates code for. */
    static String instructionSet() {
        int isa = dnnl.dnnl_get_effective_cpu_isa();
        if (isa == dnnl.dnnl_cpu_isa_sse41) return "SSE4.1";
        if (isa == dnnl.dnnl_cpu_isa_avx) return "AVX";
        if (isa == dnnl.dnnl_cpu_isa_avx2) return "AVX2";
        if (isa == dnnl.dnnl_cpu_isa_avx2_vnni) return "AVX2-VNNI";
        if (isa == dnnl.dnnl_cpu_isa_avx2_vnni_2) return "AVX2-VNNI2";
        if (isa == dnnl.dnnl_cpu_isa_avx512_core) return "AVX512";
        if (isa == dnnl.dnnl_cpu_isa_avx512_core_vnni) return "AVX512-VNNI";
        if (isa == dnnl.dnnl_cpu_isa_avx512_core_bf16) return "AVX512-BF16";
        if (isa == dnnl.dnnl_cpu_isa_avx512_core_fp16) return "AVX512-FP16";
        if (isa == dnnl.dnnl_cpu_isa_avx512_core_amx) return "AMX";
        if (isa == dnnl.dnnl_cpu_isa_avx512_core_amx_fp16) return "AMX-FP16";
        return "isa 0x" + Integer.toHexString(isa);
    }

    /** Attributes that append a ReLU to a primitive. */
    static primitive_attr thenRelu() {
        org.bytedeco.dnnl.post_ops ops = new org.bytedeco.dnnl.post_ops();
        ops.append_eltwise(dnnl.dnnl_eltwise_relu, 0, 0);
        primitive_attr attributes = new primitive_attr();
        attributes.set_post_ops(ops);
        return attributes;
    }

    /**
     * The first implementation of a descriptor that is not oneDNN's naive {@code ref}; {@code ref} itself only where {@code
     * tiny} says that its speed does not matter.
     *
     * @return null if oneDNN has none
     */
    static <D extends primitive_desc> D fast(boolean tiny, Supplier<D> maker) {
        return fast(tiny, null, maker);
    }

    /** As {@link #fast(boolean, Supplier)}; takes the implementation called {@code preferred} if there is one. */
    static <D extends primitive_desc> D fast(boolean tiny, String preferred, Supplier<D> maker) {
        D desc;
        try {
            desc = maker.get();
            while (preferred != null && !preferred.equals(name(desc))) {
                if (desc.next_impl()) continue;
                preferred = null;
                desc = maker.get();
            }
        } catch (RuntimeException unsupported) {
            // oneDNN says "could not create a primitive descriptor" for combinations that it does not implement
            return null;
        }
        while (!tiny && naive(desc)) {
            if (!desc.next_impl()) return null;
        }
        return desc;
    }

    /** Whether oneDNN's name of an implementation is that of its plain loops. */
    static boolean naive(primitive_desc desc) {
        return naive(name(desc));
    }

    static boolean naive(String implementation) {
        return implementation.startsWith("ref") || implementation.contains(":ref") || implementation.contains("_ref");
    }

    /** oneDNN's name of an implementation. */
    static String name(primitive_desc desc) {
        return desc.impl_info_str().getString(StandardCharsets.US_ASCII);
    }

    /** The error for a specification for which only naive loops exist. */
    static KernelException onlyNaive(Object spec) {
        return new KernelException("cpu: oneDNN has only its naive 'ref' loops for " + spec
                + ", which would take minutes; use device = reference for this shape or change its channels");
    }
}
