package greg.kernels.cuda.simulator;

import static greg.kernels.cuda.simulator.SoftwareDevice.allocate;
import static greg.kernels.cuda.simulator.SoftwareDevice.fails;
import static greg.kernels.cuda.simulator.SoftwareDevice.function;
import static greg.kernels.cuda.simulator.SoftwareDevice.ints;
import static greg.kernels.cuda.simulator.SoftwareDevice.launchAndWait;
import static greg.kernels.cuda.simulator.SoftwareDevice.ok;
import static greg.kernels.cuda.simulator.SoftwareDevice.source;
import static greg.kernels.cuda.simulator.SoftwareDevice.upload;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.sun.jna.Native;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A planted mistake of every kind in a kernel: each is caught, with the kernel, the line and the thread. */
class SimulatorStrictnessTest {
    private static final int ADDRESS = CUresult.CUDA_ERROR_ILLEGAL_ADDRESS;
    private static final int ALIGNMENT = CUresult.CUDA_ERROR_MISALIGNED_ADDRESS;
    private static final int FAILED = CUresult.CUDA_ERROR_LAUNCH_FAILED;
    private static final int STUCK = CUresult.CUDA_ERROR_LAUNCH_TIMEOUT;
    private static final int INSTRUCTION = CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION;
    private static final String BUGS = source("bugs.ptx");
    private SoftwareDevice device;

    @BeforeEach
    void open() {
        device = SoftwareDevice.openQuietly();
    }

    @AfterEach
    void close() {
        device.close();
    }

    /** kernel, threads, code, thread in the message, words of the message; the kernels get 7 words of memory. */
    static Stream<Arguments> mistakes() {
        return Stream.of(
                Arguments.of("read_past_end", 8, ADDRESS, 7, "out of bounds: 0 bytes past the end of"),
                Arguments.of("write_past_end", 9, ADDRESS, 7, "write of 4 bytes"),
                Arguments.of("vector_past_end", 1, ADDRESS, 0, "crosses the end of allocation"),
                Arguments.of("misaligned_vector", 1, ALIGNMENT, 0, "not a multiple of 16"),
                Arguments.of("unwritten_register", 4, FAILED, 2, "register %v is read"),
                Arguments.of("unwritten_shared", 1, FAILED, 0, "uninitialised shared memory at byte 8 of room"),
                Arguments.of("shared_past_end", 1, ADDRESS, 0, "byte 16 of first (16 bytes) are out of bounds"),
                Arguments.of("dynamic_past_end", 5, ADDRESS, 4, "byte 16 of the 16 dynamic bytes"),
                Arguments.of(
                        "read_after_write", 64, FAILED, 1, "it reads byte 0 of room (256 bytes), written by thread"),
                Arguments.of(
                        "write_after_read",
                        64,
                        FAILED,
                        1,
                        "it writes byte 4 of room (256 bytes), read by several threads"),
                Arguments.of("write_after_write", 2, FAILED, 1, "written by thread (0,0,0)"),
                Arguments.of("warp_in_step", 32, FAILED, 1, "shared-memory race"),
                Arguments.of("global_in_block", 7, FAILED, 1, "race on global memory: it reads 0x"),
                Arguments.of("half_words_in_block", 7, FAILED, 1, "race on global memory: it reads 0x"),
                Arguments.of("constant_then_written", 7, FAILED, 0, "read as constant (.nc) in the same launch"),
                Arguments.of("written_then_constant", 7, FAILED, 0, "it reads as constant (.nc) 0x"),
                Arguments.of("constant_behind_a_fence", 1, FAILED, 0, "it reads as constant (.nc) 0x"),
                Arguments.of(
                        "divergent_branch", 32, INSTRUCTION, 3, "0xffffffff that are here together only 0xfffffff8"),
                Arguments.of("divergent_return", 32, INSTRUCTION, 30, "only 0xc0000000 take it"),
                Arguments.of("barrier_after_exit", 64, STUCK, 0, "(63,0,0) has left the kernel"),
                Arguments.of("barriers_of_one_warp", 32, STUCK, 5, "barrier divergence"),
                Arguments.of("shuffle_without_a_lane", 32, STUCK, 0, "thread (3,0,0) waits at line"),
                Arguments.of("shuffle_from_nobody", 32, FAILED, 30, "register %v is read"),
                Arguments.of("not_in_own_mask", 32, INSTRUCTION, 16, "lane 16 is not in its own mask 0xffff"),
                Arguments.of("endless", 1, STUCK, 0, "a loop that does not end"),
                Arguments.of("divide_by_zero", 1, INSTRUCTION, 0, "division by zero"),
                Arguments.of("trapped", 1, INSTRUCTION, 0, "trap"));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void isCaught(String kernel, int threads, int code, int thread, String words) {
        CUdeviceptr memory = upload(new int[7]);
        int shared = kernel.startsWith("dynamic") ? 16 : 0;
        fails(
                code,
                () -> launchAndWait(function(BUGS, kernel), 1, threads, shared, memory),
                "kernel " + kernel + ", line " + lineOf(kernel) + " (",
                "block (0,0,0), thread (" + thread + ",0,0)",
                words);
        fails(code, () -> JCudaDriver.cuCtxSynchronize(), "the context is lost since: kernel " + kernel);
    }

    /** Every entry with a mistake is in the list above, or (where blocks meet) below. */
    @Test
    void everyPlantedMistakeIsTested() {
        List<String> tested = Stream.concat(
                        mistakes().map(mistake -> (String) mistake.get()[0]),
                        Stream.of("global_between_blocks", "narrow_offset"))
                .sorted()
                .toList();
        List<String> planted = BUGS.lines()
                .filter(line -> line.contains("// BUG "))
                .map(line -> line.substring(line.indexOf("// BUG ") + 7))
                .sorted()
                .toList();
        assertEquals(planted, tested);
    }

    @Test
    void blocksThatWriteToTheSameWords() {
        CUdeviceptr memory = upload(new int[7]);
        ok(() -> launchAndWait(function(BUGS, "global_between_blocks"), 1, 7, 0, memory));
        ok(() -> launchAndWait(function(BUGS, "global_between_blocks"), 1, 7, 0, memory));
        fails(
                FAILED,
                () -> launchAndWait(function(BUGS, "global_between_blocks"), 2, 7, 0, memory),
                "kernel global_between_blocks, line " + lineOf("global_between_blocks"),
                ",0,0), thread (0,0,0)",
                "race on global memory: it writes",
                "written in the same launch by thread (0,0,0) of block number ");
    }

    @Test
    void warpsMayDisagreeOnAUniformBranch() {
        ok(() -> launchAndWait(function(BUGS, "uniform_in_each_warp"), 1, 64, 0, upload(new int[7])));
    }

    /**
     * A storage of more than 4 GB of which only the end is written, and a grid of which only the last blocks run: an
     * offset of 32 bits reads at the beginning, where nothing is.
     */
    @Test
    void offsetsBeyondFourGigabytes() {
        long elements = (1L << 30) + 1024;
        int threads = 256;
        int blocks = (int) (elements / threads);
        assertEquals(0, SoftwareDevice.call("gregSimMemory", 16L << 30));
        assertEquals(0, SoftwareDevice.call("gregSimBlocks", blocks - 4L, 4L));
        try {
            CUdeviceptr memory = allocate(4 * elements);
            CUdeviceptr end = memory.withByteOffset(4 * (elements - 1024));
            ok(() -> JCudaDriver.cuMemsetD32(end, Float.floatToIntBits(1.5f), 1024));
            ok(() -> launchAndWait(function(source("good.ptx"), "wide_offset"), blocks, threads, 0, memory));
            float[] doubled = new float[1024];
            Arrays.fill(doubled, 3f);
            assertArrayEquals(doubled, SoftwareDevice.floats(end, 1024));
            fails(
                    FAILED,
                    () -> launchAndWait(function(BUGS, "narrow_offset"), blocks, threads, 0, memory),
                    "kernel narrow_offset, line " + lineOf("narrow_offset"),
                    "uninitialised memory",
                    "of " + 4 * elements + " bytes");
        } finally {
            assertEquals(0, SoftwareDevice.call("gregSimBlocks", 0L, 0L));
            device.close();
            assertEquals(0, SoftwareDevice.call("gregSimMemory", 8L << 30));
            device = SoftwareDevice.openQuietly();
        }
    }

    /** Every launch has its own order of blocks. */
    @Test
    void blocksRunInAnyOrder() {
        int blocks = 64;
        int[] first = orderOfBlocks(blocks);
        int[] second = orderOfBlocks(blocks);
        int[] inOrder = new int[blocks];
        Arrays.setAll(inOrder, i -> i);
        assertFalse(Arrays.equals(inOrder, first), "in order");
        assertFalse(Arrays.equals(first, second), "the same order twice");
        for (int[] order : new int[][] {first, second}) {
            Arrays.sort(order);
            assertArrayEquals(inOrder, order, "every block once");
        }
    }

    private static int[] orderOfBlocks(int blocks) {
        CUdeviceptr order = allocate(4L * blocks);
        CUdeviceptr count = upload(0);
        ok(() -> launchAndWait(function(source("good.ptx"), "order_of_blocks"), blocks, 1, 0, count, order));
        return ints(order, blocks);
    }

    @Test
    void orderByABarrierIsNoRace() {
        CUdeviceptr memory = upload(new int[7]);
        ok(() -> launchAndWait(function(BUGS, "global_with_barrier"), 1, 7, 0, memory));
        assertArrayEquals(new int[] {0, 1, 2, 3, 4, 5, 6}, ints(memory, 7));
    }

    @Test
    void orderInsideAWarpIsNoRace() {
        int[] neighbours = new int[32];
        Arrays.setAll(neighbours, i -> i ^ 1);
        CUdeviceptr out = allocate(128);
        ok(() -> launchAndWait(function(BUGS, "warp_in_order"), 1, 32, 0, out));
        assertArrayEquals(neighbours, ints(out, 32));
    }

    @Test
    void memoryThatNobodyWrote() {
        CUdeviceptr memory = allocate(28);
        int[] three = {1, 2, 3};
        ok(() -> JCudaDriver.cuMemcpyHtoD(memory, Pointer.to(three), 12));
        fails(
                FAILED,
                () -> JCudaDriver.cuMemcpyDtoH(Pointer.to(new int[7]), memory, 28),
                "uninitialised memory",
                "byte 12 of allocation");
        fails(
                FAILED,
                () -> launchAndWait(function(BUGS, "read_past_end"), 1, 4, 0, memory),
                "kernel read_past_end, line " + lineOf("read_past_end"),
                "thread (3,0,0)",
                "uninitialised memory");
    }

    @Test
    void copiesCarryWhatWasNeverWritten() {
        CUdeviceptr from = allocate(28);
        CUdeviceptr to = upload(new int[7]);
        ok(() -> JCudaDriver.cuMemsetD32(from, 5, 3));
        ok(() -> JCudaDriver.cuMemcpyDtoD(to, from, 28));
        assertArrayEquals(new int[] {5, 5, 5}, ints(to, 3));
        fails(FAILED, () -> JCudaDriver.cuMemcpyDtoH(Pointer.to(new int[7]), to, 28), "byte 12 of allocation");
        SoftwareDevice.forget(to, 4);
        fails(FAILED, () -> JCudaDriver.cuMemcpyDtoH(Pointer.to(new int[7]), to, 4), "byte 0 of allocation");
    }

    @Test
    void useAfterFree() {
        CUdeviceptr memory = upload(new int[7]);
        ok(() -> JCudaDriver.cuMemFree(memory));
        fails(
                ADDRESS,
                () -> launchAndWait(function(BUGS, "read_past_end"), 1, 7, 0, memory),
                "kernel read_past_end",
                "thread (0,0,0)",
                "use after free: byte 0 of allocation");
    }

    @Test
    void hostPointers() {
        ByteBuffer host = ByteBuffer.allocateDirect(64);
        long address = com.sun.jna.Pointer.nativeValue(Native.getDirectBufferPointer(host)) + 15 & -16;
        fails(
                ADDRESS,
                () -> launchAndWait(function(BUGS, "read_past_end"), 1, 1, 0, address),
                "kernel read_past_end",
                "a host pointer");
    }

    @Test
    void nullPointers() {
        fails(ADDRESS, () -> launchAndWait(function(BUGS, "write_past_end"), 1, 1, 0, 0L), "a null pointer");
    }

    private static int lineOf(String kernel) {
        List<String> lines = BUGS.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).endsWith("// BUG " + kernel)) return i + 1;
        }
        throw new IllegalArgumentException("no mistake in " + kernel);
    }
}
