package greg.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.cpu.ConvPlanner.Direction;
import greg.kernels.spec.Conv2dSpec;
import java.util.List;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.junit.jupiter.api.Test;

class CpuConvPlansTest {
    private static convolution_forward.primitive_desc blocked(engine engine, int channels) {
        memory.desc x = Layout.BLOCKED16.desc(8, channels, 16, 16);
        memory.desc w =
                new memory.desc(new long[] {channels, channels, 3, 3}, memory.data_type.f32, memory.format_tag.any);
        long[] ones = {1, 1};
        return new convolution_forward.primitive_desc(
                engine,
                dnnl.dnnl_forward_training,
                dnnl.dnnl_convolution_direct,
                x,
                w,
                x,
                ones,
                new long[2],
                ones,
                ones);
    }

    @Test
    void naiveImplementationsAreRefusedUnlessTiny() {
        OneDnn dnn = OneDnn.open(1);
        assertNotNull(OneDnn.fast(false, () -> blocked(dnn.engine(), 16)));
        // 13 channels forced into blocks of 16: oneDNN offers its plain loops and nothing else
        assertNull(OneDnn.fast(false, () -> blocked(dnn.engine(), 13)));
        assertTrue(OneDnn.naive(OneDnn.fast(true, () -> blocked(dnn.engine(), 13))));
        KernelException refusal = OneDnn.onlyNaive(Conv2dSpec.of(8, 13, 16, 16, 13, 3, 1, 1));
        assertTrue(refusal.getMessage().contains("inChannels=13"), refusal.getMessage());
        dnn.close();
    }

    @Test
    void implementationNamesAreToldApart() {
        assertTrue(OneDnn.naive("ref:any"));
        assertTrue(OneDnn.naive("gemm:ref"));
        assertFalse(OneDnn.naive("jit:avx512_core"));
        assertFalse(OneDnn.naive("brg_conv_fwd:avx512_core"));
    }

    @Test
    void oddShapesHaveFastCodeInEveryDirection() {
        List<Conv2dSpec> specs = List.of(
                Conv2dSpec.of(16, 13, 16, 16, 13, 3, 1, 1),
                Conv2dSpec.of(16, 16, 16, 16, 17, 3, 2, 1),
                Conv2dSpec.of(16, 33, 15, 15, 16, 1, 2, 0),
                Conv2dSpec.of(16, 3, 32, 32, 5, 5, 1, 2),
                new Conv2dSpec(16, 24, 16, 16, 24, 3, 3, 1, 1, 1, 1, 1, 1, 24),
                new Conv2dSpec(16, 36, 16, 16, 12, 3, 3, 2, 2, 1, 1, 1, 1, 4),
                new Conv2dSpec(16, 20, 16, 16, 20, 3, 3, 1, 1, 2, 2, 2, 2, 1));
        try (CpuFixture cpu = new CpuFixture()) {
            CpuConv2d conv2d = (CpuConv2d) cpu.backend.conv2d();
            for (Conv2dSpec spec : specs) {
                for (Direction direction : Direction.values()) {
                    for (Layout given : List.of(Layout.PLAIN, Layout.NHWC)) {
                        Plan plan = conv2d.plan(direction, spec, DType.FLOAT32, given, false)
                                .plan();
                        assertFalse(OneDnn.naive(plan.implementation()), spec + " " + direction);
                    }
                }
            }
        }
    }

    @Test
    void packedWeightFollowsItsStorage() {
        try (CpuFixture cpu = new CpuFixture()) {
            Conv2dSpec spec = Conv2dSpec.of(2, 16, 4, 4, 16, 3, 1, 1);
            CpuStorage x = cpu.random(spec.xDims(), 1);
            CpuStorage w = cpu.random(spec.wDims(), 2);
            CpuStorage other = cpu.random(spec.wDims(), 3);
            CpuStorage y = cpu.empty(spec.yDims());
            cpu.backend.conv2d().forward(spec, x, w, null, y);
            float before = cpu.host(y, spec.yDims())[5];

            // another layer of the same shape has its own copy
            cpu.backend.conv2d().forward(spec, x, other, null, y);
            float layer2 = cpu.host(y, spec.yDims())[5];
            assertFalse(before == layer2);
            cpu.backend.conv2d().forward(spec, x, w, null, y);
            assertEquals(before, cpu.host(y, spec.yDims())[5]);

            // a write makes the copy stale
            cpu.backend.elementwise().scale(spec.wDims(), 2, w, w);
            cpu.backend.conv2d().forward(spec, x, w, null, y);
            assertEquals(2 * before, cpu.host(y, spec.yDims())[5], 1e-5);
            CpuStorage dx = cpu.empty(spec.xDims());
            cpu.backend.conv2d().backwardData(spec, w, y, dx);
            float gradient = cpu.host(dx, spec.xDims())[7];
            cpu.backend.elementwise().scale(spec.wDims(), 0.5f, w, w);
            cpu.backend.conv2d().backwardData(spec, w, y, dx);
            assertEquals(gradient / 2, cpu.host(dx, spec.xDims())[7], 1e-5);

            // and its copies go back with the weight
            for (CpuStorage storage : List.of(x, w, other, y, dx)) storage.release();
            assertEquals(0, cpu.backend.memory().liveBytes());
        }
    }

    @Test
    void denseConsumersRefuseAnActivationLayout() {
        try (CpuFixture cpu = new CpuFixture()) {
            Conv2dSpec spec = Conv2dSpec.of(2, 16, 4, 4, 32, 3, 1, 1);
            CpuStorage y = cpu.empty(spec.yDims());
            cpu.backend.conv2d().forward(spec, cpu.random(spec.xDims(), 1), cpu.random(spec.wDims(), 2), null, y);
            KernelException e = assertThrows(KernelException.class, () -> CpuStorage.dense(y));
            assertTrue(e.getMessage().contains("toPlain"), e.getMessage());
        }
    }
}
