package greg.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class CpuLayoutTest {
    /** image -> conv, BN+ReLU -> conv, BN+ReLU -> conv, BN+ReLU and all the way back. */
    private static void step(CpuFixture cpu, int first, int second, Layout expected) {
        CpuFixture.Block a = cpu.new Block(2, 3, 8, first);
        CpuFixture.Block b = cpu.new Block(2, first, 8, second);
        CpuFixture.Block c = cpu.new Block(2, second, 8, second);
        CpuStorage image = cpu.random(a.conv.xDims(), 1);
        CpuStorage out = c.forward(b.forward(a.forward(image)));
        assertEquals(expected, b.z.layout());
        assertEquals(expected, out.layout());
        CpuStorage dy = cpu.empty(c.conv.yDims());
        cpu.backend.transfer().copy(out, dy);
        CpuStorage dx = c.backward(dy, true);
        assertEquals(expected, dx.layout());
        a.backward(b.backward(dx, true), false);
    }

    @Test
    void multiplesOf16StayBlockedFromLayerToLayer() {
        try (CpuFixture cpu = new CpuFixture()) {
            cpu.backend.expectChannels(16, 32, 32);
            step(cpu, 16, 32, Layout.BLOCKED16);
            assertEquals(0, cpu.backend.reorders().count());
        }
    }

    @Test
    void otherChannelCountsStayChannelsLast() {
        try (CpuFixture cpu = new CpuFixture()) {
            cpu.backend.expectChannels(13, 24, 24);
            step(cpu, 13, 24, Layout.NHWC);
            // the image on its way in, forward and for the first layer's weight gradient
            assertEquals(2, cpu.backend.reorders().count());
        }
    }

    @Test
    void channelsLastNetworkKeepsItsWideLayersChannelsLastToo() {
        try (CpuFixture cpu = new CpuFixture()) {
            cpu.backend.expectChannels(16, 13);
            step(cpu, 16, 32, Layout.NHWC);
            assertEquals(2, cpu.backend.reorders().count());
        }
    }

    @Test
    void storedNamesAreEqualWhereBytesAre() {
        assertEquals(Layout.BLOCKED16, Layout.NHWC.canonical(16, 64));
        assertEquals(Layout.PLAIN, Layout.NHWC.canonical(24, 1));
        assertEquals(Layout.PLAIN, Layout.NHWC.canonical(1, 64));
        assertEquals(Layout.NHWC, Layout.NHWC.canonical(32, 64));
    }

    @Test
    void everyLayoutReadsBackAsNchw() {
        try (CpuFixture cpu = new CpuFixture()) {
            int[] dims = {2, 32, 3, 5};
            CpuStorage x = cpu.random(dims, 4);
            float[] expected = cpu.host(x, dims);
            for (Layout layout : Layout.values()) {
                CpuStorage other = cpu.backend.reorders().as(layout, x, dims);
                assertEquals(layout, other.layout());
                assertArrayEquals(expected, cpu.host(other, dims));
                CpuStorage plain = cpu.empty(dims);
                cpu.backend.transfer().toPlain(other, dims, plain);
                assertEquals(Layout.PLAIN, plain.layout());
                assertArrayEquals(expected, cpu.host(plain, dims));
            }
        }
    }
}
