package greg.nn.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.model.Vgg;
import greg.tensor.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The files were written by this script (PyTorch 1.13):
 *
 * <pre>{@code
 * import torch, collections, argparse, numpy as np
 * w = (torch.arange(24.0) / 7).reshape(2, 3, 2, 2)
 * base = torch.arange(12.0)
 * state = collections.OrderedDict([
 *     ("module.conv.weight", torch.nn.Parameter(w)),
 *     ("module.transposed", base.reshape(3, 4).t()),
 *     ("module.slice", base[2:8:2]),
 *     ("module.half", torch.tensor([0.5, -2.0]).half()),
 *     ("module.bn.num_batches_tracked", torch.tensor(42)),
 * ])
 * state._metadata = collections.OrderedDict(version=1)
 * full = {"epoch": 7, "arch": "small", "best": np.float64(91.5), "state_dict": state,
 *         "args": argparse.Namespace(lr=0.1), "optimizer": {"state": {0: {"momentum_buffer": w}}, "param_groups": []}}
 * torch.save(full, "zip.pth")
 * torch.save(full, "legacy.th", _use_new_zipfile_serialization=False)
 * torch.save({"a": torch.tensor([1.0, 2.0]), "b": torch.tensor(3)}, "plain.pt", pickle_protocol=4)
 * torch.save([1, 2], "list.pt")
 * }</pre>
 *
 * and by this one (PyTorch 2.13), which saves what the reference implementation does:
 *
 * <pre>{@code
 * import torch, torch.nn as nn
 *
 * class Net(nn.Module):
 *     def __init__(self):
 *         super().__init__()
 *         self.features = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1, bias=False), nn.BatchNorm2d(2), nn.ReLU())
 *         self.classifier = nn.Linear(2, 3)
 *
 * net = Net()
 * for i, t in enumerate(net.state_dict().values()): t.copy_(torch.arange(t.numel()).reshape(t.shape) + i)
 * net.features = nn.DataParallel(net.features)
 * state = {"epoch": 3, "arch": "vgg19", "model": net, "state_dict": net.state_dict(), "acc1": 71.5, "ExpID": "SERVER-20",
 *          "optimizer": torch.optim.SGD(net.parameters(), 0.1, momentum=0.9).state_dict(), "prune_state": "finetune",
 *          "pruned_wg": {"features.0": [0, 1]}, "mask": {"features.0": torch.ones(2, 1, 3, 3)}}
 * def none(*_): raise OSError("left out: 30 kB of sources")
 * torch.serialization.get_source_lines_and_file = none
 * torch.save(state, "module.pth")
 * torch.save(state, "module-legacy.pth", _use_new_zipfile_serialization=False)
 * }</pre>
 */
class TorchPickleTest {
    @TempDir
    Path folder;

    private Path resource(String name) throws IOException {
        Path file = folder.resolve(name);
        try (InputStream in = TorchPickleTest.class.getResourceAsStream(name)) {
            Files.copy(in, file);
        }
        return file;
    }

    private static void check(StateDict state, String name, Shape shape, float... values) {
        assertEquals(shape, state.get(name).shape(), name);
        assertArrayEquals(values, state.get(name).values(), name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"zip.pth", "legacy.th"})
    void findsTheStateDictAmongOtherThings(String name) throws IOException {
        Checkpoint read = Checkpoints.load(resource(name));
        assertEquals(Map.of("epoch", "7", "arch", "small"), read.metadata());
        StateDict state = read.state();
        assertEquals(
                List.of("conv.weight", "transposed", "slice", "half", "bn.num_batches_tracked"),
                List.copyOf(state.names()));
        float[] sevenths = new float[24];
        for (int i = 0; i < 24; i++) sevenths[i] = i / 7f;
        check(state, "conv.weight", Shape.of(2, 3, 2, 2), sevenths);
        check(state, "transposed", Shape.of(4, 3), 0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11);
        check(state, "slice", Shape.of(3), 2, 4, 6);
        check(state, "half", Shape.of(2), 0.5f, -2);
        check(state, "bn.num_batches_tracked", Shape.of(), 42);
    }

    @ParameterizedTest
    @ValueSource(strings = {"module.pth", "module-legacy.pth"})
    void aWholeModuleMayStandBesideTheStateDict(String name) throws IOException {
        Checkpoint read = Checkpoints.load(resource(name));
        assertEquals("vgg19", read.metadata().get("arch"));
        try (Backend backend = Backends.open("reference");
                NnModule network = new Vgg(backend, new int[] {2}, true, 1, 3)) {
            read.state().loadInto(network); // whose names have no module.
            StateDict loaded = StateDict.of(network);
            check(loaded, "features.0.weight", Shape.of(2, 1, 3, 3), counted(0, 18));
            check(loaded, "features.1.running_var", Shape.of(2), 4, 5);
            check(loaded, "classifier.weight", Shape.of(3, 2), counted(6, 6));
        }
    }

    private static float[] counted(int from, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) values[i] = from + i;
        return values;
    }

    @Test
    void aStateDictMayBeTheWholeFile() throws IOException {
        StateDict state = Checkpoints.load(resource("plain.pt")).state();
        assertEquals(List.of("a", "b"), List.copyOf(state.names()));
        check(state, "a", Shape.of(2), 1, 2);
        check(state, "b", Shape.of(), 3);
    }

    @Test
    void aFileWithoutTensorsIsRefused() throws IOException {
        Path file = resource("list.pt");
        String message = assertThrows(CheckpointException.class, () -> Checkpoints.load(file))
                .getMessage();
        assertTrue(message.startsWith("read " + file + " of PyTorch: "), message);
        assertTrue(message.contains("no dictionary of tensors"), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"zip.pth", "legacy.th"})
    void cutOffItIsRefused(String name) throws IOException {
        byte[] whole = Files.readAllBytes(resource(name));
        Path cut = folder.resolve("cut");
        for (int length = 0; length < whole.length; length += 3) {
            Files.write(cut, Arrays.copyOf(whole, length));
            assertThrows(CheckpointException.class, () -> Checkpoints.load(cut), length + " of " + whole.length);
        }
    }
}
