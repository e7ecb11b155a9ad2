package greg.kernels.cuda.simulator;

import static greg.kernels.cuda.simulator.SoftwareDevice.allocate;
import static greg.kernels.cuda.simulator.SoftwareDevice.function;
import static greg.kernels.cuda.simulator.SoftwareDevice.launchAndWait;
import static greg.kernels.cuda.simulator.SoftwareDevice.ok;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.cuda.Assembler;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Single instructions, to the bit: against Java's own arithmetic (float and double are IEEE 754 there, rounded to
 * nearest), exact decimals for other roundings, and values worked out by hand from the description of PTX. NVIDIA's PTX
 * compiler accepts every one of them too.
 */
class SimulatorArithmeticTest {
    private static final int NAN = 0x7fffffff;
    private static final Set<String> COMPILED = new HashSet<>();
    private SoftwareDevice device;

    @BeforeEach
    void open() {
        device = SoftwareDevice.open();
    }

    @AfterEach
    void close() {
        device.close();
    }

    /**
     * Runs one instruction over %d (its result) and %a, %b, %c, %e (operands); widths are those of the registers in
     * bits, "64=32,32,64" for a 64-bit result of two words and a double word.
     */
    private static long run(String widths, String instruction, long... operands) {
        String result = widths.substring(0, 2);
        String[] each = widths.substring(3).split(",");
        StringBuilder text = new StringBuilder(".version 7.8\n.target sm_90\n.address_size 64\n"
                + ".visible .entry one(.param .u64 in, .param .u64 out) {\n.reg .b64 %in, %out;\n.reg .pred %p, %q;\n"
                + "ld.param.u64 %in, [in];\nld.param.u64 %out, [out];\n.reg .b" + result + " %d;\n");
        String[] names = {"%a", "%b", "%c", "%e"};
        for (int i = 0; i < operands.length; i++) {
            text.append(".reg .b" + each[i] + " " + names[i] + ";\n");
            text.append("ld.global.b" + each[i] + " " + names[i] + ", [%in+" + 8 * i + "];\n");
        }
        text.append(instruction + "\nst.global.b" + result + " [%out], %d;\nret;\n}\n");
        if (COMPILED.add(text.toString())) Assembler.compile(instruction, text.toString(), "sm_90");
        CUdeviceptr in = allocate(8L * operands.length);
        CUdeviceptr out = allocate(8);
        ok(() -> JCudaDriver.cuMemcpyHtoD(in, Pointer.to(operands), 8L * operands.length));
        ok(() -> JCudaDriver.cuMemsetD8(out, (byte) 0, 8));
        ok(() -> launchAndWait(function(text.toString(), "one"), 1, 1, 0, in, out));
        long[] value = new long[1];
        ok(() -> JCudaDriver.cuMemcpyDtoH(Pointer.to(value), out, 8));
        return value[0];
    }

    private static void words(int expected, String instruction, int... operands) {
        long[] wide = new long[operands.length];
        for (int i = 0; i < operands.length; i++) wide[i] = operands[i] & 0xffffffffL;
        String widths = "32=32,32,32,32";
        assertEquals(
                Integer.toHexString(expected), Integer.toHexString((int) run(widths, instruction, wide)), instruction);
    }

    private static void floats(float expected, String instruction, float... operands) {
        int[] bits = new int[operands.length];
        for (int i = 0; i < bits.length; i++) bits[i] = Float.floatToRawIntBits(operands[i]);
        words(Float.isNaN(expected) ? NAN : Float.floatToRawIntBits(expected), instruction, bits);
    }

    private static void doubles(double expected, String instruction, double... operands) {
        long[] bits = new long[operands.length];
        for (int i = 0; i < bits.length; i++) bits[i] = Double.doubleToRawLongBits(operands[i]);
        assertEquals(expected, Double.longBitsToDouble(run("64=64,64,64", instruction, bits)), instruction);
    }

    @Test
    void integers() {
        int a = 0x89abcdef;
        int b = 0xfedc1234;
        long product = (a & 0xffffffffL) * (b & 0xffffffffL);
        words(a + b, "add.u32 %d, %a, %b;", a, b);
        words(a - b, "sub.s32 %d, %a, %b;", a, b);
        words(a * b, "mul.lo.s32 %d, %a, %b;", a, b);
        words((int) (product >>> 32), "mul.hi.u32 %d, %a, %b;", a, b);
        words((int) ((long) a * b >> 32), "mul.hi.s32 %d, %a, %b;", a, b);
        words(a * b + 5, "mad.lo.u32 %d, %a, %b, 5;", a, b);
        assertEquals(product, run("64=32,32", "mul.wide.u32 %d, %a, %b;", a, b));
        assertEquals((long) a * b + 7, run("64=32,32,64", "mad.wide.s32 %d, %a, %b, %c;", a, b, 7));
        assertEquals(
                new BigInteger("fedcba9876543210", 16).pow(2).shiftRight(64).longValue(),
                run("64=64,64", "mul.hi.u64 %d, %a, %b;", 0xfedcba9876543210L, 0xfedcba9876543210L));
        words(Integer.divideUnsigned(a, 1000), "div.u32 %d, %a, %b;", a, 1000);
        words(a % 1000, "rem.s32 %d, %a, %b;", a, 1000);
        words(Integer.MIN_VALUE, "div.s32 %d, %a, %b;", Integer.MIN_VALUE, -1);
        words(a, "min.s32 %d, %a, %b;", a, b);
        words(b, "max.u32 %d, %a, %b;", a, b);
        words(-a, "neg.s32 %d, %a;", a);
        words(Integer.MAX_VALUE, "add.sat.s32 %d, %a, %b;", Integer.MAX_VALUE, 1);
        words(1, "add.cc.u32 %d, %a, %b; addc.u32 %d, 0, 0;", a, b);
        words(0, "sub.cc.u32 %d, %b, %a; subc.u32 %d, 0, 0;", a, b);
        words(-1, "sub.cc.u32 %d, %a, %b; subc.u32 %d, 0, 0;", a, b);
    }

    @Test
    void bitsAndShifts() {
        int a = 0x89abcdef;
        int b = 0x01234567;
        words(0, "shl.b32 %d, %a, 32;", a);
        words(-1, "shr.s32 %d, %a, 40;", a);
        words(a >>> 9, "shr.u32 %d, %a, 9;", a);
        words(a << 8 | b >>> 24, "shf.l.wrap.b32 %d, %b, %a, 8;", a, b);
        words(b << 24 | a >>> 8, "shf.r.wrap.b32 %d, %a, %b, 40;", a, b);
        words((a & b) ^ 0x55, "lop3.b32 %d, %a, %b, 0x55, 0x6a;", a, b);
        words(0x67efff23, "prmt.b32 %d, %a, %b, 0x40b6;", a, b);
        words(0xfffffcde, "bfe.s32 %d, %a, 4, 12;", a);
        words(0xcde, "bfe.u32 %d, %a, 4, 12;", a);
        words(0x01abcdef & 0xffff00ff | 0x6700, "bfi.b32 %d, %b, %a, 8, 8;", 0x01abcdef, b);
        words(Integer.reverse(a), "brev.b32 %d, %a;", a);
        words(Integer.bitCount(a), "popc.b32 %d, %a;", a);
        words(Integer.numberOfLeadingZeros(b), "clz.b32 %d, %a;", b);
        words(24, "bfind.u32 %d, %a;", b);
        words(0xcdef89ab, "{ .reg .b16 lo, hi; mov.b32 {lo, hi}, %a; mov.b32 %d, {hi, lo}; }", a);
    }

    @Test
    void comparisons() {
        String select = " selp.u32 %d, 1, 0, %p;";
        words(1, "setp.lt.s32 %p, %a, %b;" + select, -1, 1);
        words(0, "setp.lo.u32 %p, %a, %b;" + select, -1, 1);
        words(0, "setp.ne.f32 %p, %a, %b;" + select, NAN, NAN);
        words(1, "setp.neu.f32 %p, %a, %b;" + select, NAN, NAN);
        words(0, "setp.gt.f32 %p|%q, %a, %b; not.pred %p, %q;" + select, 0, NAN);
        words(1, "setp.eq.f32 %p, %a, %b;" + select, 0, 0x80000000);
        words(0, "setp.eq.u32 %q, %a, %a; setp.eq.and.u32 %p, %a, %b, !%q;" + select, 3, 3);
        words(Float.floatToIntBits(1), "set.le.f32.s32 %d, %a, %b;", 3, 3);
        words(7, "slct.b32.s32 %d, %a, %b, %c;", 5, 7, -1);
    }

    @Test
    void floatsRoundedToNearest() {
        Random random = new Random(1);
        for (int i = 0; i < 20; i++) {
            float a = Float.intBitsToFloat(random.nextInt() & 0xbfffffff);
            float b = Float.intBitsToFloat(random.nextInt() & 0xbfffffff);
            float c = Float.intBitsToFloat(random.nextInt() & 0xbfffffff);
            floats(a + b, "add.f32 %d, %a, %b;", a, b);
            floats(a * b, "mul.rn.f32 %d, %a, %b;", a, b);
            floats(a / b, "div.rn.f32 %d, %a, %b;", a, b);
            floats(Math.fma(a, b, c), "fma.rn.f32 %d, %a, %b, %c;", a, b, c);
            floats((float) Math.sqrt(Math.abs(a)), "abs.f32 %d, %a; sqrt.rn.f32 %d, %d;", a);
            doubles((double) a / b + c, "div.rn.f64 %d, %a, %b; add.f64 %d, %d, %c;", a, b, c);
        }
    }

    @Test
    void otherRoundings() {
        float a = 1;
        float b = 0x1p-30f;
        floats(Math.nextUp(1f), "add.rp.f32 %d, %a, %b;", a, b);
        floats(1, "add.rm.f32 %d, %a, %b;", a, b);
        floats(Math.nextDown(1f), "sub.rz.f32 %d, %a, %b;", a, b);
        float third = new BigDecimal(1f / 3).multiply(new BigDecimal(3)).compareTo(BigDecimal.ONE) > 0
                ? Math.nextDown(1f / 3)
                : 1f / 3;
        floats(third, "div.rz.f32 %d, %a, %b;", 1, 3);
        floats(Math.nextUp(third), "div.rp.f32 %d, %a, %b;", 1, 3);
    }

    @Test
    void specialValues() {
        float tiny = Float.MIN_VALUE * 5;
        floats(tiny * 2, "add.f32 %d, %a, %a;", tiny);
        floats(-0f, "add.ftz.f32 %d, %a, %a;", -tiny);
        floats(0, "mul.ftz.f32 %d, %a, %b;", 0x1p-100f, 0x1p-40f);
        floats(1, "add.sat.f32 %d, %a, %a;", 0.75f);
        floats(0, "add.sat.f32 %d, %a, %a;", Float.NaN);
        floats(Float.NaN, "add.f32 %d, %a, %b;", Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY);
        floats(3, "max.f32 %d, %a, %b;", Float.NaN, 3);
        floats(Float.NaN, "max.NaN.f32 %d, %a, %b;", Float.NaN, 3);
        floats(-0f, "min.f32 %d, %a, %b;", 0f, -0f);
        floats(-2, "copysign.f32 %d, %a, %b;", -1, 2);
        floats(0, "div.approx.f32 %d, %a, %b;", 1e30f, 0x1p127f);
    }

    /** Inside the bounds that PTX states, but off: whoever needs exact bits must not use them. */
    @Test
    void approximations() {
        inside("ex2.approx.f32", x -> Math.pow(2, x), (x, r) -> 2.5 * Math.ulp(r));
        inside("lg2.approx.f32", x -> Math.log(x) / Math.log(2), (x, r) -> x < 2 ? 0x1p-22 : 0x1p-22 * r);
        inside("sqrt.approx.f32", Math::sqrt, (x, r) -> 0x1p-23 * r);
        inside("rsqrt.approx.f32", x -> 1 / Math.sqrt(x), (x, r) -> Math.pow(2, -22.9) * r);
        inside("rcp.approx.ftz.f32", x -> 1 / x, (x, r) -> 1.5 * Math.ulp(r));
        inside("sin.approx.f32", Math::sin, (x, r) -> Math.pow(2, -20.5));
        inside("cos.approx.f32", Math::cos, (x, r) -> Math.pow(2, -20.5));
        inside("tanh.approx.f32", Math::tanh, (x, r) -> 0x1p-11 * r);
        inside("div.full.f32", x -> x / 1.7f, (x, r) -> 2.5 * Math.ulp(r));
        inside("div.approx.f32", x -> x / 1.7f, (x, r) -> 2.5 * Math.ulp(r));
        floats(Float.POSITIVE_INFINITY, "rcp.approx.f32 %d, %a;", 0);
        floats(Float.NEGATIVE_INFINITY, "lg2.approx.f32 %d, %a;", 0);
        floats(1, "ex2.approx.f32 %d, %a;", -0f);
        floats(-0f, "sin.approx.f32 %d, %a;", -0f);
        floats(0, "rsqrt.approx.f32 %d, %a;", Float.POSITIVE_INFINITY);
        floats(Float.NaN, "sqrt.approx.f32 %d, %a;", -1);
    }

    /** The bound of the error of an operand's result, given the result as a float. */
    private interface Bound {
        double of(float operand, float result);
    }

    private static void inside(String name, DoubleUnaryOperator exact, Bound bound) {
        String instruction = name + (name.startsWith("div") ? " %d, %a, %b;" : " %d, %a;");
        int off = 0;
        for (int i = 0; i < 16; i++) {
            float a = 0.52f + 0.33f * i;
            long[] operands = {Float.floatToRawIntBits(a), Float.floatToRawIntBits(1.7f)};
            int bits = (int) run("32=32,32", instruction, operands);
            assertEquals(bits, (int) run("32=32,32", instruction, operands), "the same again");
            double expected = exact.applyAsDouble(a);
            float nearest = (float) expected;
            float result = Float.intBitsToFloat(bits);
            double error = Math.abs(result - expected);
            assertTrue(error <= bound.of(a, Math.abs(nearest)), name + " of " + a + " gave " + result);
            if (result != nearest) off++;
        }
        assertTrue(off >= 8, name + " is off in " + off + " of 16 results only");
    }

    @Test
    void conversions() {
        int f = Float.floatToRawIntBits(-2.5f);
        words(-2, "cvt.rni.s32.f32 %d, %a;", f);
        words(-3, "cvt.rmi.s32.f32 %d, %a;", f);
        words(-2, "cvt.rzi.s32.f32 %d, %a;", f);
        words(0, "cvt.rzi.u32.f32 %d, %a;", f);
        words(Integer.MAX_VALUE, "cvt.rzi.s32.f32 %d, %a;", Float.floatToRawIntBits(1e20f));
        words(0, "cvt.rzi.s32.f32 %d, %a;", NAN);
        words(Float.floatToRawIntBits(-2), "cvt.rni.f32.f32 %d, %a;", f);
        words(Float.floatToRawIntBits(4294967296f), "cvt.rn.f32.u32 %d, %a;", -1);
        words(Float.floatToRawIntBits(-1), "cvt.rn.f32.s32 %d, %a;", -1);
        words(0x4b800000, "cvt.rz.f32.s32 %d, %a;", (1 << 24) + 1);
        words(0x4b800001, "cvt.rp.f32.s32 %d, %a;", (1 << 24) + 1);
        words(0xcb800001, "cvt.rm.f32.s32 %d, %a;", -(1 << 24) - 1);
        words(127, "{ .reg .b16 h; cvt.sat.s8.s32 h, %a; cvt.s32.s8 %d, h; }", 1000);
        words(-24, "cvt.s32.s8 %d, %a;", 1000);
        words(232, "cvt.u32.u8 %d, %a;", 1000);
        assertEquals(-5, run("64=32", "cvt.s64.s32 %d, %a;", -5));
        assertEquals(0xfffffffbL, run("64=32", "cvt.u64.u32 %d, %a;", -5));
        assertEquals(
                Double.doubleToRawLongBits(-2.5), run("64=32", "cvt.f64.f32 %d, %a;", f), "every float is a double");
        double third = 1 / 3.0;
        assertEquals(Float.floatToRawIntBits((float) third), (int)
                run("32=64", "cvt.rn.f32.f64 %d, %a;", Double.doubleToRawLongBits(third)));
    }

    /** f16 and bf16: the bits follow from the formats, 1+5+10 and 1+8+7. */
    @Test
    void sixteenBits() {
        float[] values = {1, -2, 65504, 65519, 65520, 0x1p-24f, 0x1p-25f, 0x1.8p-24f, 1 + 0x1p-11f, 1 + 0x3p-11f};
        int[] halves = {0x3c00, 0xc000, 0x7bff, 0x7bff, 0x7c00, 1, 0, 2, 0x3c00, 0x3c02};
        for (int i = 0; i < values.length; i++) {
            words(
                    halves[i],
                    "{ .reg .b16 h; cvt.rn.f16.f32 h, %a; cvt.u32.u16 %d, h; }",
                    Float.floatToRawIntBits(values[i]));
        }
        words(0x7bff, "{ .reg .b16 h; cvt.rz.f16.f32 h, %a; cvt.u32.u16 %d, h; }", Float.floatToRawIntBits(1e6f));
        for (int half : new int[] {0x3c00, 0x0001, 0x03ff, 0x0400, 0x7bff, 0xfc00}) {
            words(
                    half,
                    "{ .reg .b16 h; cvt.u16.u32 h, %a; cvt.f32.f16 %d, h; cvt.rn.f16.f32 h, %d; cvt.u32.u16 %d, h; }",
                    half);
        }
        words(0x38800000, "{ .reg .b16 h; cvt.u16.u32 h, %a; cvt.f32.f16 %d, h; }", 0x0400);
        Random random = new Random(2);
        for (int i = 0; i < 20; i++) {
            int bits = random.nextInt() & 0xbfffffff;
            int nearest = (bits + 0x7fff + (bits >>> 16 & 1)) >>> 16;
            words(nearest, "{ .reg .b16 h; cvt.rn.bf16.f32 h, %a; cvt.u32.u16 %d, h; }", bits);
            words(nearest << 16, "{ .reg .b16 h; cvt.rn.bf16.f32 h, %a; cvt.f32.bf16 %d, h; }", bits);
            words(0x3f800000 | nearest, "cvt.rn.bf16x2.f32 %d, 0f3f800000, %a;", bits);
        }
    }

    /** cvt.rn.bf16x2.f32 d, a, b: a in the upper half; ties to the even one, every NaN the same one. */
    @Test
    void pairsOfBf16() {
        String pair = "cvt.rn.bf16x2.f32 %d, %a, %b;";
        words(0x3f80c000, pair, Float.floatToRawIntBits(1), Float.floatToRawIntBits(-2));
        words(0x3f803f82, pair, 0x3f808000, 0x3f818000);
        words(0x3f813f81, pair, 0x3f808001, 0x3f817fff);
        words(0x7fff7fff, pair, 0x7fc00000, 0xff800001);
        words(0x7f80ff80, pair, Float.floatToRawIntBits(Float.MAX_VALUE), Float.floatToRawIntBits(-Float.MAX_VALUE));
        words(0x7f80ff80, pair, 0x7f800000, 0xff800000);
        words(0x80000002, pair, 0x80000000, 0x00018000);
        words(0x7fff, "{ .reg .b16 h; cvt.rn.bf16.f32 h, %a; cvt.u32.u16 %d, h; }", 0xffc00001);
        words(0x3f80c000, "{ .reg .b16 x, y; mov.b32 {x, y}, %a; mov.b32 %d, {y, x}; }", 0xc0003f80);
        words(0xc0000000, "and.b32 %d, %a, 0xffff0000;", 0xc0003f80);
        words(0x3f80c000, "prmt.b32 %d, %a, %b, 0x1076;", 0x12343f80, 0xc0001234);
    }

    /** Vectors and narrow elements in memory, volatile and ordered accesses. */
    @Test
    void loadsAndStores() {
        long a = 0x8001_0002_0003_0004L;
        int low = 0x00030004;
        int high = 0x80010002;
        String words = "{ .reg .b32 x, y; ld.global.v2.b32 {x, y}, [%in]; ";
        assertEquals(low - high, (int) run("32=64", words + "sub.u32 %d, x, y; }", a));
        assertEquals(high, (int) run("32=64", words + "st.global.v2.b32 [%in], {y, x}; ld.global.u32 %d, [%in]; }", a));
        String four = "{ .reg .b32 x, y, z, w; ld.global.v4.b32 {x, y, z, w}, [%in]; st.global.v4.b32 [%in], {w, z, y, "
                + "x}; ld.global.b64 %d, [%in]; }";
        assertEquals(7L << 32, run("64=64,64", four, a, 7L), "words 3 and 2");
        String halves =
                "{ .reg .b16 x, y, z, w; ld.global.v4.u16 {x, y, z, w}, [%in]; st.global.v4.u16 [%in], {w, z, y,"
                        + " x}; ld.global.b64 %d, [%in]; }";
        assertEquals(0x0004_0003_0002_8001L, run("64=64", halves, a));
        String narrow = "{ .reg .b16 x; ld.global.b16 x, [%in+6]; st.global.b16 [%in], x; ld.global.u32 %d, [%in]; }";
        assertEquals(0x00038001, (int) run("32=64", narrow, a));
        String floats = "{ .reg .f32 x, y; ld.global.v2.f32 {x, y}, [%in]; st.global.v2.f32 [%in], {y, x}; "
                + "ld.global.b64 %d, [%in]; }";
        assertEquals(Long.rotateLeft(a, 32), run("64=64", floats, a));
        for (String how : new String[] {"volatile.global", "relaxed.gpu.global", "acquire.gpu.global", "global.cg"}) {
            assertEquals(low, (int) run("32=64", "ld." + how + ".b32 %d, [%in];", a), how);
        }
        for (String how : new String[] {"volatile.global", "relaxed.gpu.global", "release.gpu.global", "global.cs"}) {
            words(7, "st." + how + ".b32 [%in], 7; ld.global.b32 %d, [%in];", 1);
        }
        for (String fence : new String[] {"membar.gl", "membar.cta", "fence.acq_rel.gpu", "fence.sc.gpu"}) {
            words(7, "st.global.u32 [%in], 7; " + fence + "; ld.global.u32 %d, [%in];", 1);
        }
    }

    /** One lane: it agrees with itself. */
    @Test
    void votesAndReductionsOfALane() {
        String odd = "and.b32 %d, %a, 1; setp.ne.u32 %q, %d, 0; ";
        for (int a = 0; a < 2; a++) {
            for (String mode : new String[] {"all", "any"}) {
                words(a, odd + "vote.sync." + mode + ".pred %p, %q, 1; selp.u32 %d, 1, 0, %p;", a);
            }
            words(1, odd + "vote.sync.uni.pred %p, %q, 1; selp.u32 %d, 1, 0, %p;", a);
            words(a, odd + "vote.sync.ballot.b32 %d, %q, 1;", a);
        }
        words(-5, "redux.sync.add.s32 %d, %a, 1;", -5);
    }

    @Test
    void numbersOfWhichKind() {
        String select = " selp.u32 %d, 1, 0, %p;";
        int[] values = {0, 1, 0x3f800000, 0x7f800000, NAN};
        String[] kinds = {"finite", "infinite", "number", "notanumber", "normal", "subnormal"};
        String[] answers = {"11100", "00010", "11110", "00001", "10100", "01000"};
        for (int k = 0; k < kinds.length; k++) {
            for (int i = 0; i < values.length; i++) {
                words(answers[k].charAt(i) - '0', "testp." + kinds[k] + ".f32 %p, %a;" + select, values[i]);
            }
        }
        words(1, "setp.nan.f32 %p, %a, %a;" + select, NAN);
        words(0, "setp.num.f32 %p, %a, %a;" + select, NAN);
        floats(Float.NaN, "min.NaN.f32 %d, %a, %b;", 3, Float.NaN);
        floats(2, "min.NaN.f32 %d, %a, %b;", 3, 2);
        words(31, "bfind.s32 %d, %a; add.u32 %d, %d, 32;", -1);
    }

    @Test
    void narrowLoads() {
        assertEquals(-1, (int) run("32=32", "ld.global.s8 %d, [%in];", 0xff));
        assertEquals(255, (int) run("32=32", "ld.global.u8 %d, [%in];", 0xff));
        assertEquals(0x89, (int) run("32=64", "ld.global.u8 %d, [%in+3];", 0x89abcdefL));
        assertEquals(-0x7655, (int) run("32=64", "ld.global.s16 %d, [%in+2];", 0x89abcdefL));
    }

    @Test
    void atomicOperations() {
        String print = " ld.global.u32 %d, [%in];";
        words(12, "red.global.add.u32 [%in], 5;" + print, 7);
        words(7, "atom.global.add.u32 %d, [%in], 5;", 7);
        words(-3, "red.global.min.s32 [%in], -3;" + print, 7);
        words(9, "atom.global.cas.b32 %d, [%in], 7, 9;" + print, 7);
        words(0, "red.global.inc.u32 [%in], 7;" + print, 7);
        words(7, "atom.global.inc.u32 %d, [%in], 9;", 7);
        words(8, "atom.acq_rel.gpu.global.inc.u32 %d, [%in], 9;" + print, 7);
        words(9, "atom.acq_rel.gpu.global.add.u32 %d, [%in], 2;" + print, 7);
        words(2, "atom.relaxed.gpu.global.exch.b32 %d, [%in], 2;" + print, 7);
        words(6, "red.relaxed.gpu.global.and.b32 [%in], 14;" + print, 7);
        words(15, "red.release.gpu.global.or.b32 [%in], 14;" + print, 7);
        words(Float.floatToRawIntBits(3.5f), "red.global.add.f32 [%in], 0f3f800000;" + print, 0x40200000);
    }
}
