package greg.kernels.cuda;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;

/** NVIDIA's own PTX compiler, which comes with JCuda and needs neither a GPU nor a toolkit. */
public final class Assembler {
    private static final Pattern FUNCTION = Pattern.compile("Compiling entry function '(\\w+)'");
    private static final Pattern SPILL = Pattern.compile("(\\d+) bytes spill stores, (\\d+) bytes spill loads");
    private static final Pattern REGISTERS = Pattern.compile("Used (\\d+) registers");
    private static final Pattern SHARED = Pattern.compile("(\\d+) bytes smem");
    private static final int UNKNOWN = -1;

    static {
        JCudaNatives.load(() -> JNvPTXCompiler.setExceptionsEnabled(false));
    }

    private Assembler() {}

    /** What the compiler reports about one entry. */
    public record Usage(int registers, int sharedBytes, int spilledBytes) {}

    /**
     * Compiles a module.
     *
     * @param architecture such as {@code sm_90}
     * @return usage by entry
     * @throws AssertionError with the compiler's message if it refuses the module
     */
    static Map<String, Usage> compile(PtxSource source, String architecture) {
        return compile(source.name() + ".ptx", source.text(), architecture);
    }

    /**
     * Compiles a module that is no file of this project.
     *
     * @param name of the module, for messages
     * @param text the module
     * @param architecture such as {@code sm_90}
     * @return usage by entry
     * @throws AssertionError with the compiler's message if it refuses the module
     */
    public static Map<String, Usage> compile(String name, String text, String architecture) {
        nvPTXCompilerHandle handle = new nvPTXCompilerHandle();
        byte[] image = (text + '\0').getBytes(StandardCharsets.US_ASCII);
        check("create", name, JNvPTXCompiler.nvPTXCompilerCreate(handle, image.length, image));
        try {
            String[] options = {"--gpu-name=" + architecture, "--verbose"};
            int status = JNvPTXCompiler.nvPTXCompilerCompile(handle, options.length, options);
            if (status != 0) {
                throw new AssertionError(name + " does not compile for " + architecture + ": " + log(handle, true)
                        + " (status " + status + ")");
            }
            return parse(log(handle, false));
        } finally {
            JNvPTXCompiler.nvPTXCompilerDestroy(handle);
        }
    }

    private static void check(String what, String name, int status) {
        if (status != 0) throw new AssertionError(name + ": " + what + " failed with status " + status);
    }

    private static String log(nvPTXCompilerHandle handle, boolean errors) {
        long[] size = new long[1];
        if (errors) JNvPTXCompiler.nvPTXCompilerGetErrorLogSize(handle, size);
        else JNvPTXCompiler.nvPTXCompilerGetInfoLogSize(handle, size);
        byte[] text = new byte[(int) size[0] + 1];
        if (errors) JNvPTXCompiler.nvPTXCompilerGetErrorLog(handle, text);
        else JNvPTXCompiler.nvPTXCompilerGetInfoLog(handle, text);
        int end = 0;
        while (end < text.length && text[end] != 0) end++;
        return new String(text, 0, end, StandardCharsets.UTF_8);
    }

    /** The log speaks of one entry after the other: its name, its spills, its registers and shared memory. */
    private static Map<String, Usage> parse(String log) {
        Map<String, Usage> found = new TreeMap<>();
        String entry = null;
        int spilled = UNKNOWN;
        for (String line : log.split("\n")) {
            Matcher function = FUNCTION.matcher(line);
            Matcher spill = SPILL.matcher(line);
            Matcher registers = REGISTERS.matcher(line);
            if (function.find()) {
                entry = function.group(1);
                spilled = UNKNOWN;
            } else if (spill.find()) {
                spilled = Integer.parseInt(spill.group(1)) + Integer.parseInt(spill.group(2));
            } else if (registers.find()) {
                if (entry == null || spilled == UNKNOWN) {
                    throw new AssertionError("the compiler's log is worded in another way than expected:\n" + log);
                }
                Matcher shared = SHARED.matcher(line);
                int bytes = shared.find() ? Integer.parseInt(shared.group(1)) : 0;
                found.put(entry, new Usage(Integer.parseInt(registers.group(1)), bytes, spilled));
            }
        }
        return found;
    }
}
