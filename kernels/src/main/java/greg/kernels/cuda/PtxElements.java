package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.KernelException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Kernels over activations are written once for both of their types: where such a kernel loads or stores elements of an
 * activation it says {@code .elem}, and it computes in float32. This class puts the type's instructions there:
 *
 * <pre>
 * ld.global.v4.elem {%a0, %a1, %a2, %a3}, [%x];     four neighbours; also .v4.elem of st, single elements, and .nc
 * st.global.elem [%y], %a0;
 * shl.b64 %offset, %first, ELEM_SHIFT;               log2 of an element's bytes; ELEM_BYTES, and ELEM_BYTES4 of four
 * </pre>
 *
 * <p>For float32 these are the instructions themselves with {@code .f32}. A bfloat16 is the upper half of a float32: loads
 * shift, and stores round to the nearest, ties to even, with an instruction that compute capability 8.0 has.
 */
final class PtxElements {
    private static final Pattern LOAD4 = Pattern.compile(
            "(@!?%\\w+ )?ld\\.global(\\.nc)?\\.v4\\.elem \\{(%\\w+), (%\\w+), (%\\w+), (%\\w+)}, (\\[[^]]+]);");
    private static final Pattern STORE4 =
            Pattern.compile("(@!?%\\w+ )?st\\.global\\.v4\\.elem (\\[[^]]+]), \\{(%\\w+), (%\\w+), (%\\w+), (%\\w+)};");
    private static final Pattern LOAD = Pattern.compile("(@!?%\\w+ )?ld\\.global(\\.nc)?\\.elem (%\\w+), (\\[[^]]+]);");
    private static final Pattern STORE = Pattern.compile("(@!?%\\w+ )?st\\.global\\.elem (\\[[^]]+]), (%\\w+);");
    /** The first declaration of a kernel's body. */
    private static final Pattern BODY = Pattern.compile("\\n\\{\\n");

    private PtxElements() {}

    /** Whether a text is written for both types. */
    static boolean in(String text) {
        return text.contains(".elem ");
    }

    /** The text for activations of this type. */
    static String expand(String name, String text, DType type) {
        if (!in(text)) return text;
        String expanded =
                switch (type) {
                    case FLOAT32 -> text.replace(".elem ", ".f32 ");
                    case BFLOAT16 -> bfloat16(text);
                    default -> throw new KernelException("cuda: activations have no type " + type);
                };
        int shift = Integer.numberOfTrailingZeros(type.bytes());
        expanded = expanded.replace("ELEM_BYTES4", String.valueOf(4 * type.bytes()))
                .replace("ELEM_BYTES", String.valueOf(type.bytes()))
                .replace("ELEM_SHIFT", String.valueOf(shift));
        Matcher left = Pattern.compile(".*(\\.elem |ELEM_).*").matcher(expanded);
        if (left.find()) {
            throw new KernelException(
                    "cuda: " + name + ".ptx: cannot expand '" + left.group().strip() + "'");
        }
        return expanded;
    }

    private static String bfloat16(String text) {
        String s = text.replace(".target sm_70", ".target sm_80");
        s = BODY.matcher(s).replaceAll("\n{\n    .reg .b32 %elem0, %elem1, %elem2;\n    .reg .b16 %half;\n");
        s = LOAD4.matcher(s)
                .replaceAll(m -> lines(
                        m.group(1),
                        "ld.global" + or(m.group(2)) + ".v2.b32 {%elem0, %elem1}, " + m.group(7),
                        low(m.group(3), "%elem0"),
                        high(m.group(4), "%elem0"),
                        low(m.group(5), "%elem1"),
                        high(m.group(6), "%elem1")));
        s = STORE4.matcher(s)
                .replaceAll(m -> lines(
                        m.group(1),
                        "cvt.rn.bf16x2.f32 %elem0, " + m.group(4) + ", " + m.group(3),
                        "cvt.rn.bf16x2.f32 %elem1, " + m.group(6) + ", " + m.group(5),
                        "st.global.v2.b32 " + m.group(2) + ", {%elem0, %elem1}"));
        s = LOAD.matcher(s)
                .replaceAll(m -> lines(
                        m.group(1),
                        "ld.global" + or(m.group(2)) + ".u16 %elem0, " + m.group(4),
                        low(m.group(3), "%elem0")));
        return STORE.matcher(s)
                .replaceAll(m -> lines(
                        m.group(1), "cvt.rn.bf16.f32 %half, " + m.group(3), "st.global.b16 " + m.group(2) + ", %half"));
    }

    private static String or(String modifier) {
        return modifier == null ? "" : modifier;
    }

    /** A float32 from the lower half of a word; the shift leaves its other bits 0. */
    private static String low(String value, String word) {
        return "shl.b32 %elem2, " + word + ", 16; mov.b32 " + value + ", %elem2";
    }

    private static String high(String value, String word) {
        return "and.b32 %elem2, " + word + ", 0xffff0000; mov.b32 " + value + ", %elem2";
    }

    private static String lines(String predicate, String... instructions) {
        String guard = predicate == null ? "" : predicate;
        StringBuilder all = new StringBuilder();
        for (String several : instructions) {
            for (String one : several.split("; ")) all.append(guard).append(one).append("; ");
        }
        return Matcher.quoteReplacement(all.toString().stripTrailing());
    }
}
