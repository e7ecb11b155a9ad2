package greg.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Compare;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.Workspace;
import greg.kernels.spec.BatchNormSpec;
import greg.kernels.spec.Conv2dSpec;
import greg.kernels.spec.GroupIndex;
import greg.kernels.spec.SgdSpec;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Results computed by several threads. */
class CpuThreadsTest {
    private static final int SLOTS = 7;

    /** Weights, momenta and sums of three SGD steps by a team that shares any update. */
    private static List<float[]> updates(CpuFixture cpu, int threads) {
        UpdateTeam team = new UpdateTeam(threads, 1);
        CpuUpdate update = new CpuUpdate(team);
        try (Workspace k = new Workspace(cpu.backend)) {
            List<UpdateSlot> table = new ArrayList<>();
            for (int s = 0; s < SLOTS; s++) {
                int groups = 10 + s;
                int n = groups * 1003;
                table.add(new UpdateSlot(
                        k.put(Workspace.gauss(s, n)),
                        k.put(Workspace.gauss(10 + s, n)),
                        k.put(Workspace.gauss(20 + s, n)),
                        null,
                        k.put(Workspace.gauss(30 + s, groups)),
                        null,
                        k.out(groups),
                        new GroupIndex(groups, 1003)));
            }
            Storage lr = k.put(0.1f);
            for (int i = 0; i < 3; i++) update.sgd(new SgdSpec(0.9f, 5e-4f, false, false), lr, table);
            List<float[]> results = new ArrayList<>();
            for (UpdateSlot slot : table) {
                for (Storage storage : List.of(slot.weight(), slot.momentum(), slot.l1())) {
                    results.add(k.get(storage, (int) storage.length()));
                }
            }
            return results;
        } finally {
            team.close();
        }
    }

    @Test
    void updateDoesNotDependOnTheNumberOfThreads() {
        try (CpuFixture cpu = new CpuFixture()) {
            List<float[]> one = updates(cpu, 1);
            List<float[]> three = updates(cpu, 3);
            for (int i = 0; i < one.size(); i++) assertArrayEquals(one.get(i), three.get(i), "result " + i);
        }
    }

    @Test
    void teamSharesFromItsThresholdOn() {
        try (CpuFixture cpu = new CpuFixture()) {
            List<UpdateSlot> table = new ArrayList<>();
            for (int s = 0; s < 3; s++) {
                CpuStorage weight = cpu.filled(10, 1);
                table.add(new UpdateSlot(weight, weight, null, null, null, null, null, null));
            }
            assertTrue(new UpdateTeam(3, 30).shares(table));
            assertFalse(new UpdateTeam(3, 31).shares(table));
            assertFalse(new UpdateTeam(3, 1).shares(table.subList(0, 1)));
            assertFalse(new UpdateTeam(1, 1).shares(table));
        }
    }

    /** y, dx, dw, dgamma, dbeta of a convolution and the BN + ReLU after it. */
    private static List<float[]> block(Backend backend, int channels) {
        Conv2dSpec conv = Conv2dSpec.of(8, channels, 14, 14, channels, 3, 1, 1);
        BatchNormSpec norm = new BatchNormSpec(8, channels, 14, 14, 1e-5f, 0.1f, BatchNormSpec.Fusion.RELU);
        try (Workspace k = new Workspace(backend)) {
            Storage x = k.put(Workspace.gauss(1, conv.xDims()));
            Storage w = k.put(Workspace.gauss(2, conv.wDims()));
            Storage gamma = k.put(Workspace.gauss(3, channels));
            Storage beta = k.put(Workspace.gauss(4, channels));
            Storage z = k.out(conv.yDims());
            Storage y = k.out(conv.yDims());
            Storage saved = k.saved(backend.batchNorm().savedBytes(norm));
            backend.expectChannels(channels);
            backend.conv2d().forward(conv, x, w, null, z);
            Storage mean = k.put(new float[channels]);
            Storage var = k.put(new float[channels]);
            backend.batchNorm().forwardTraining(norm, z, null, gamma, beta, mean, var, y, saved);
            Storage dy = k.put(Workspace.gauss(5, conv.yDims()));
            Storage dz = k.out(conv.yDims());
            Storage dgamma = k.out(channels);
            Storage dbeta = k.out(channels);
            backend.batchNorm().backward(norm, z, y, gamma, beta, saved, dy, dz, null, dgamma, dbeta);
            Storage dx = k.out(conv.xDims());
            Storage dw = k.out(conv.wDims());
            backend.conv2d().backwardData(conv, w, dz, dx);
            backend.conv2d().backwardWeights(conv, x, dz, dw, null);
            return List.of(
                    k.get(y, conv.yDims()),
                    k.get(dx, conv.xDims()),
                    k.get(dw, conv.wDims()),
                    k.get(dgamma, channels),
                    k.get(dbeta, channels));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {32, 29})
    void twoThreadsAgreeWithReference(int channels) {
        List<float[]> expected = block(BackendsUnderTest.reference(), channels);
        try (CpuFixture cpu = new CpuFixture(new BackendOptions(2, 0))) {
            assertEquals(2, cpu.backend.device().threads());
            if (Platform.isLinux()) {
                NativeLibrary openMp = NativeLibrary.getInstance("libgomp.so.1");
                assertEquals(2, openMp.getFunction("omp_get_max_threads").invokeInt(new Object[0]));
            }
            List<float[]> actual = block(cpu.backend, channels);
            List<float[]> again = block(cpu.backend, channels);
            for (int i = 0; i < expected.size(); i++) {
                double largest = 0;
                for (float value : expected.get(i)) largest = Math.max(largest, Math.abs(value));
                Compare.close(channels + " result " + i, expected.get(i), actual.get(i), 1e-5 * largest, 1e-5);
                Compare.identical(channels + " again " + i, actual.get(i), again.get(i));
            }
        }
    }
}
