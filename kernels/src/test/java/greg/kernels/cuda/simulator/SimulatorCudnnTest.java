package greg.kernels.cuda.simulator;

import static greg.kernels.cuda.simulator.RawCudnn.DATA_TYPE;
import static greg.kernels.cuda.simulator.RawCudnn.DESCRIPTOR;
import static greg.kernels.cuda.simulator.RawCudnn.FLOAT;
import static greg.kernels.cuda.simulator.RawCudnn.HANDLE;
import static greg.kernels.cuda.simulator.RawCudnn.HEURISTIC;
import static greg.kernels.cuda.simulator.RawCudnn.INT64;
import static greg.kernels.cuda.simulator.RawCudnn.KNOB;
import static greg.kernels.cuda.simulator.RawCudnn.MODE;
import static greg.kernels.cuda.simulator.RawCudnn.VOID_PTR;
import static greg.kernels.cuda.simulator.RawCudnn.fails;
import static greg.kernels.cuda.simulator.RawCudnn.set;
import static greg.kernels.cuda.simulator.SoftwareDevice.allocate;
import static greg.kernels.cuda.simulator.SoftwareDevice.ok;
import static greg.kernels.cuda.simulator.SoftwareDevice.upload;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import greg.kernels.cuda.simulator.RawCudnn.Draft;
import java.util.Arrays;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The software device's cuDNN: what it computes by hand, and each kind of mistake. */
class SimulatorCudnnTest {
    private static final int CONVOLUTION = 1;
    private static final int ENGINE = 2;
    private static final int CONFIG = 3;
    private static final int HEURISTICS = 4;
    private static final int PLAN = 5;
    private static final int CHOICE = 7;
    private static final int FORWARD = 10;
    private static final int GRAPH = 15;
    private static final int PACK = 16;
    private static final int TENSOR = 17;

    private SoftwareDevice device;
    private CUstream stream;
    private RawCudnn cudnn;

    @BeforeEach
    void open() {
        device = SoftwareDevice.openQuietly();
        stream = SoftwareDevice.stream();
        cudnn = new RawCudnn(stream);
    }

    @AfterEach
    void close() {
        cudnn.close();
        device.close();
    }

    private static Draft tensor(long id, long... dims) {
        return new Draft(TENSOR)
                .with(906, INT64, id)
                .with(900, INT64, 16L)
                .with(901, DATA_TYPE, 0)
                .with(902, INT64, boxed(dims))
                .with(903, INT64, boxed(dims[2] * dims[3] * dims[1], 1, dims[3] * dims[1], dims[1]));
    }

    private static Object[] boxed(long... values) {
        return Arrays.stream(values).boxed().toArray();
    }

    private static Draft convolution() {
        return new Draft(CONVOLUTION)
                .with(100, DATA_TYPE, 0)
                .with(101, MODE, 1)
                .with(102, INT64, 1L, 1L)
                .with(103, INT64, 1L, 1L)
                .with(104, INT64, 0L, 0L)
                .with(105, INT64, 0L, 0L)
                .with(106, INT64, 2L);
    }

    /** x (1, 4, 2, 2), w (4, 4, 1, 1), y (1, 4, 2, 2). */
    private static Draft operation() {
        return new Draft(FORWARD)
                .with(700, FLOAT, 1f)
                .with(701, FLOAT, 0f)
                .with(702, DESCRIPTOR, convolution().make())
                .with(704, DESCRIPTOR, tensor(1, 1, 4, 2, 2).make())
                .with(703, DESCRIPTOR, tensor(2, 4, 4, 1, 1).make())
                .with(705, DESCRIPTOR, tensor(3, 1, 4, 2, 2).make());
    }

    private Draft graph(Draft operation) {
        return new Draft(GRAPH).with(800, HANDLE, cudnn.handle()).with(801, DESCRIPTOR, operation.make());
    }

    private Draft engine(long index) {
        return new Draft(ENGINE)
                .with(1300, DESCRIPTOR, graph(operation()).make())
                .with(1301, INT64, index);
    }

    private static Pointer knob(int type, long value) {
        return new Draft(CHOICE).with(600, KNOB, type).with(601, INT64, value).make();
    }

    private Draft config(long engine) {
        return new Draft(CONFIG).with(300, DESCRIPTOR, engine(engine).make());
    }

    private Draft plan(Pointer config) {
        return new Draft(PLAN).with(400, HANDLE, cudnn.handle()).with(401, DESCRIPTOR, config);
    }

    private static Draft pack(CUdeviceptr x, CUdeviceptr w, CUdeviceptr y, Object workspace) {
        return new Draft(PACK)
                .with(1000, INT64, 1L, 2L, 3L)
                .with(1001, VOID_PTR, x, w, y)
                .with(1003, VOID_PTR, workspace);
    }

    private static float[] ramp(int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) values[i] = i + 1;
        return values;
    }

    /** The identity, doubled. */
    private static float[] doubling() {
        float[] w = new float[16];
        for (int i = 0; i < 4; i++) w[5 * i] = 2;
        return w;
    }

    @Test
    void aConvolutionIsDeferredAndReplayed() {
        CUdeviceptr y = allocate(64);
        Pointer plan = plan(config(0).make()).make();
        Pointer pack = pack(upload(ramp(16)), upload(doubling()), y, 0L).make();
        RawCudnn.ok(cudnn.execute(plan, pack));
        ok(() -> JCudaDriver.cuStreamSynchronize(stream));
        float[] expected = new float[16];
        for (int i = 0; i < 16; i++) expected[i] = 2 * (i + 1);
        assertArrayEquals(expected, SoftwareDevice.floats(y, 16));

        ok(() -> JCudaDriver.cuStreamBeginCapture(stream, 0));
        RawCudnn.ok(cudnn.execute(plan, pack));
        CUgraph captured = new CUgraph();
        CUgraphExec executable = new CUgraphExec();
        ok(() -> JCudaDriver.cuStreamEndCapture(stream, captured));
        ok(() -> JCudaDriver.cuGraphInstantiate(executable, captured, 0));
        SoftwareDevice.forget(y, 64);
        ok(() -> JCudaDriver.cuGraphLaunch(executable, stream));
        ok(() -> JCudaDriver.cuStreamSynchronize(stream));
        assertArrayEquals(expected, SoftwareDevice.floats(y, 16));

        // the kernels go with the plan
        RawCudnn.ok(RawCudnn.destroy(plan));
        ok(() -> JCudaDriver.cuGraphLaunch(executable, stream));
        int address = CUresult.CUDA_ERROR_ILLEGAL_ADDRESS;
        SoftwareDevice.fails(address, () -> JCudaDriver.cuStreamSynchronize(stream), "a destroyed plan replayed");
    }

    @Test
    void roundingIsThatOfTheEngine() {
        float fine = 1 + 0x1p-12f;
        float[] x = new float[16];
        Arrays.fill(x, fine);
        for (long engine : new long[] {0, 2}) {
            CUdeviceptr y = allocate(64);
            Pointer pack = pack(upload(x), upload(doubling()), y, 0L).make();
            RawCudnn.ok(cudnn.execute(plan(config(engine).make()).make(), pack));
            ok(() -> JCudaDriver.cuStreamSynchronize(stream));
            assertEquals(engine == 0 ? 2 * fine : 2, SoftwareDevice.floats(y, 1)[0], "engine " + engine);
        }
    }

    @Test
    void attributesAreTyped() {
        Pointer open = RawCudnn.create(TENSOR);
        fails("BAD_PARAM_ATTRIBUTE_TYPE", set(open, 902, KNOB, 1, 2, 3, 4), "902");
        fails("BAD_PARAM", set(open, 902, INT64, 1L, 2L), "2 elements");
        fails("BAD_PARAM", set(open, 906, INT64), "0 elements");
        fails("BAD_PARAM", set(open, 701, FLOAT, 1f), "no attribute 701");
        fails(
                "BAD_PARAM_NULL_POINTER",
                RawCudnn.call("cudnnBackendSetAttribute", open, 906, INT64, 1L, Pointer.NULL),
                "null");
        fails("NOT_INITIALIZED", RawCudnn.get(open, 906, INT64, 1, new Memory(8)), "before");
        Pointer done = tensor(1, 1, 4, 2, 2).make();
        fails("BAD_PARAM", set(done, 906, INT64, 5L), "after");
        fails("BAD_PARAM_ATTRIBUTE_TYPE", RawCudnn.get(done, 906, FLOAT, 1, new Memory(8)), "906");
        fails("BAD_PARAM_NULL_POINTER", RawCudnn.get(done, 906, INT64, 1, null), "no room");
        fails("BAD_PARAM", RawCudnn.call("cudnnBackendFinalize", done), "twice");
        fails("NOT_SUPPORTED", RawCudnn.call("cudnnBackendCreateDescriptor", 99, new Memory(8)), "type 99");
        fails("BAD_PARAM", set(RawCudnn.create(GRAPH), 800, HANDLE, new Pointer(8)), "handle");
        fails("BAD_PARAM", set(RawCudnn.create(GRAPH), 802, INT64, 1L), "only be read");
    }

    @Test
    void descriptorsMustBeAliveFinalizedAndOfTheRightType() {
        Pointer open = RawCudnn.create(FORWARD);
        fails(
                "BAD_PARAM_NOT_FINALIZED",
                set(open, 704, DESCRIPTOR, tensor(1, 1, 4, 2, 2).open()),
                "704");
        fails(
                "BAD_PARAM_DESCRIPTOR_TYPE",
                set(open, 704, DESCRIPTOR, convolution().make()),
                "type 1");
        Pointer gone = tensor(1, 1, 4, 2, 2).make();
        RawCudnn.ok(RawCudnn.destroy(gone));
        fails("BAD_PARAM", set(open, 704, DESCRIPTOR, gone), "destroyed");
        fails("BAD_PARAM", RawCudnn.destroy(gone), "destroyed");
        fails("BAD_PARAM_NULL_POINTER", set(open, 704, DESCRIPTOR, 0L), "null");
    }

    @Test
    void everyAttributeIsNeeded() {
        for (int name : new int[] {900, 901, 902, 903, 906}) {
            fails("BAD_PARAM", tensor(1, 1, 4, 2, 2).without(name).tried(), "attribute " + name);
        }
        for (int name = 100; name <= 106; name++) {
            fails("BAD_PARAM", convolution().without(name).tried(), "attribute " + name);
        }
        for (int name = 700; name <= 705; name++) {
            fails("BAD_PARAM", operation().without(name).tried(), "attribute " + name);
        }
        for (int name : new int[] {800, 801}) {
            fails("BAD_PARAM", graph(operation()).without(name).tried(), "attribute " + name);
        }
        for (int name : new int[] {1000, 1001, 1003}) {
            fails(
                    "BAD_PARAM",
                    pack(allocate(4), allocate(4), allocate(4), 0L)
                            .without(name)
                            .tried(),
                    "attribute " + name);
        }
        fails("BAD_PARAM", plan(config(0).make()).without(400).tried(), "attribute 400");
    }

    @Test
    void tensorsAreChannelsLast() {
        Object[] dims = boxed(1, 4, 2, 2);
        fails(
                "BAD_PARAM",
                tensor(1, 1, 4, 2, 2).with(902, INT64, boxed(1, 0, 2, 2)).tried(),
                "invalid size 0");
        fails("BAD_PARAM", tensor(1, 1, 4, 2, 2).with(900, INT64, 3L).tried(), "alignment (3)");
        fails(
                "NOT_SUPPORTED_LAYOUT",
                tensor(1, 1, 4, 2, 2).with(903, INT64, dims).tried(),
                "channels");
        Object[] overlapping = boxed(12, 1, 6, 3);
        fails(
                "NOT_SUPPORTED_LAYOUT",
                tensor(1, 1, 4, 2, 2).with(903, INT64, overlapping).tried(),
                "NHWC");
        fails(
                "NOT_SUPPORTED_DATA_TYPE",
                tensor(1, 1, 4, 2, 2).with(901, DATA_TYPE, 2).tried(),
                "data type 2");
        // a pitch beyond the channels is fine
        assertEquals(
                0, tensor(1, 1, 4, 2, 2).with(903, INT64, boxed(32, 1, 16, 8)).tried());
    }

    @Test
    void convolutionsAreCrossCorrelationsInFloat() {
        fails("BAD_PARAM", convolution().with(102, INT64, 1L, 0L).tried(), "dilation");
        fails("BAD_PARAM", convolution().with(103, INT64, 0L, 1L).tried(), "stride");
        fails("BAD_PARAM", convolution().with(105, INT64, -1L, 0L).tried(), "padding");
        fails("NOT_SUPPORTED", convolution().with(105, INT64, 1L, 0L).tried(), "both sides");
        fails("NOT_SUPPORTED", convolution().with(101, MODE, 0).tried(), "cross-correlation");
        fails("NOT_SUPPORTED_DATA_TYPE", convolution().with(100, DATA_TYPE, 9).tried(), "float");
        fails("NOT_SUPPORTED", convolution().with(106, INT64, 3L).tried(), "spatial");
    }

    @Test
    void shapesMustFit() {
        fails("BAD_PARAM", withY(1, 4, 2, 3).tried(), "is_valid_spatial_dim");
        fails("BAD_PARAM", withY(2, 4, 2, 2).tried(), "N_DIM");
        fails("BAD_PARAM", withY(1, 5, 2, 2).tried(), "WK_DIM");
        Pointer three = tensor(2, 4, 3, 1, 1).make();
        fails("BAD_PARAM", operation().with(703, DESCRIPTOR, three).tried(), "xDimA[1] % wDimA[1]");
        Pointer groups = tensor(2, 3, 2, 1, 1).make();
        fails("BAD_PARAM", operation().with(703, DESCRIPTOR, groups).tried(), "wDimA[0] % g");
        Pointer twin = tensor(1, 1, 4, 2, 2).make();
        fails(
                "BAD_PARAM_DUPLICATED_ENTRIES",
                operation().with(705, DESCRIPTOR, twin).tried(),
                "same id");
    }

    private static Draft withY(long... dims) {
        return operation().with(705, DESCRIPTOR, tensor(3, dims).make());
    }

    @Test
    void enginesAndKnobsMustExist() {
        fails("NOT_SUPPORTED", engine(-1).tried(), "engine -1");
        fails("NOT_SUPPORTED", engine(10).tried(), "engine 10");
        // for gradients only
        fails("NOT_SUPPORTED", engine(4).tried(), "engine 4");
        fails("NOT_SUPPORTED", config(0).with(302, DESCRIPTOR, knob(2, 0)).tried(), "no knob 2");
        fails("NOT_SUPPORTED", config(2).with(302, DESCRIPTOR, knob(2, 4)).tried(), "cannot be 4");
        Pointer[] twice = {knob(2, 0), knob(2, 1)};
        fails(
                "BAD_PARAM_DUPLICATED_ENTRIES",
                config(2).with(302, DESCRIPTOR, (Object[]) twice).tried(),
                "twice");
        fails("INTERNAL_ERROR", plan(config(5).make()).tried(), "cannot be built");
        fails(
                "BAD_PARAM",
                new Draft(HEURISTICS)
                        .with(201, DESCRIPTOR, graph(operation()).make())
                        .with(200, HEURISTIC, 9)
                        .tried(),
                "mode 9");
        Draft added = operation().with(701, FLOAT, 1f);
        fails(
                "NOT_SUPPORTED",
                new Draft(ENGINE)
                        .with(1300, DESCRIPTOR, graph(added).make())
                        .with(1301, INT64, 1L)
                        .tried(),
                "engine 1");
    }

    @Test
    void operandsAreCheckedWhenTheyAreHandedOver() {
        CUdeviceptr x = upload(ramp(16));
        CUdeviceptr w = upload(doubling());
        CUdeviceptr y = allocate(64);
        Pointer plan = plan(config(0).make()).make();
        Draft good = pack(x, w, y, 0L);
        fails("BAD_PARAM", good.with(1000, INT64, 1L, 2L).tried(), "ptrs_count");
        fails("BAD_PARAM_DUPLICATED_ENTRIES", good.with(1000, INT64, 1L, 2L, 2L).tried(), "twice");
        fails(
                "BAD_PARAM",
                cudnn.execute(plan, good.with(1000, INT64, 1L, 2L, 4L).make()),
                "id 3");
        good.with(1000, INT64, 1L, 2L, 3L);
        fails("BAD_PARAM_NOT_FINALIZED", cudnn.execute(plan, good.open()), "not finalized");
        fails("BAD_PARAM_DESCRIPTOR_TYPE", cudnn.execute(good.make(), plan), "type");
        long address = SoftwareDevice.address(x);
        fails(
                "BAD_PARAM_NULL_POINTER",
                cudnn.execute(plan, good.with(1001, VOID_PTR, 0L, w, y).make()),
                "x is null");
        fails(
                "BAD_PARAM_MISALIGNED_POINTER",
                cudnn.execute(plan, good.with(1001, VOID_PTR, address + 8, w, y).make()),
                "16 bytes");
        Pointer config = config(3).make();
        Pointer wanting = plan(config).make();
        assertTrue(RawCudnn.number(wanting, 402) > 0);
        good.with(1001, VOID_PTR, x, w, y);
        fails("BAD_PARAM_NULL_POINTER", cudnn.execute(wanting, good.make()), "workspace is null");
        fails(
                "BAD_PARAM_MISALIGNED_POINTER",
                cudnn.execute(wanting, good.with(1003, VOID_PTR, address + 4).make()),
                "workspace");
        RawCudnn.ok(RawCudnn.destroy(config));
        fails("BAD_PARAM", cudnn.execute(wanting, good.make()), "configuration was destroyed");
        good.with(1003, VOID_PTR, 0L);
        fails("EXECUTION_FAILED", cudnn.execute(plan(config(9).make()).make(), good.make()), "engine 9");
    }

    /** As on a device, which finds out when the kernel runs; the context is lost. */
    @Test
    void memoryIsCheckedWhenTheConvolutionRuns() {
        CUdeviceptr x = upload(ramp(15));
        run(config(0), pack(x, upload(doubling()), allocate(64), 0L));
        lost(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, "convolution: x", "crosses the end");
    }

    @Test
    void operandsMustBeWritten() {
        run(config(0), pack(upload(ramp(16)), allocate(64), allocate(64), 0L));
        lost(CUresult.CUDA_ERROR_LAUNCH_FAILED, "convolution: w", "uninitialised");
    }

    @Test
    void theResultMustFit() {
        run(config(0), pack(upload(ramp(16)), upload(doubling()), allocate(60), 0L));
        lost(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, "convolution: result", "crosses the end");
    }

    @Test
    void theWorkspaceMustFit() {
        run(config(3), pack(upload(ramp(16)), upload(doubling()), allocate(64), allocate(32)));
        lost(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, "convolution: workspace", "crosses the end");
    }

    @Test
    void theWorkspaceKeepsNothing() {
        CUdeviceptr workspace = upload(new float[64]);
        run(config(3), pack(upload(ramp(16)), upload(doubling()), allocate(64), workspace));
        ok(() -> JCudaDriver.cuStreamSynchronize(stream));
        assertTrue(Float.isNaN(SoftwareDevice.floats(workspace, 1)[0]));
    }

    private void run(Draft config, Draft pack) {
        RawCudnn.ok(cudnn.execute(plan(config.make()).make(), pack.make()));
    }

    private void lost(int code, String... words) {
        SoftwareDevice.fails(code, () -> JCudaDriver.cuStreamSynchronize(stream), words);
    }

    @Test
    void plansAreNotMadeDuringACapture() {
        Pointer config = config(0).make();
        ok(() -> JCudaDriver.cuStreamBeginCapture(stream, 0));
        fails("EXECUTION_FAILED_CUDA_DRIVER", plan(config).tried(), "captured");
        CUgraph captured = new CUgraph();
        ok(() -> JCudaDriver.cuStreamEndCapture(stream, captured));
        assertEquals(0, plan(config).tried());
    }
}
