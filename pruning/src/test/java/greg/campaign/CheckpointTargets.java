package greg.campaign;

import greg.nn.StateDict;
import greg.nn.io.Checkpoint;
import greg.nn.io.Checkpoints;
import greg.nn.io.Safetensors;
import greg.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Checkpoints: safetensors, greg's own and others', and both formats of PyTorch. */
final class CheckpointTargets {
    /** Written by PyTorch; the script is in TorchPickleTest. */
    private static final Path FILES = Path.of("../nn/src/test/resources/greg/nn/io");

    private CheckpointTargets() {}

    /** Any file: a result or a refusal. */
    record AnySafetensors() implements Target {
        @Override
        public String name() {
            return "safetensors";
        }

        @Override
        public List<byte[]> seeds() throws IOException {
            List<byte[]> seeds = new ArrayList<>(ours());
            seeds.add(Files.readAllBytes(FILES.resolve("small.safetensors")));
            return seeds;
        }

        @Override
        public Mutator mutator() {
            return Mutator.mostly(CheckpointTargets::header);
        }

        @Override
        public Reader open(Path scratch) {
            return new FileReader(scratch.resolve("mutant.safetensors"), Checkpoints::load);
        }
    }

    /** A file of greg's that was damaged on its way: what was written, or a refusal, never other values. */
    record DamagedSafetensors() implements Target {
        @Override
        public String name() {
            return "damage";
        }

        @Override
        public List<byte[]> seeds() throws IOException {
            return ours();
        }

        @Override
        public Mutator mutator() {
            return ByteMutator.INSTANCE;
        }

        @Override
        public Reader open(Path scratch) throws Exception {
            Path file = scratch.resolve("mutant.safetensors");
            List<Map<String, Object>> written = new ArrayList<>();
            for (byte[] seed : ours()) new FileReader(file, f -> written.add(content(Safetensors.read(f)))).read(seed);
            return new FileReader(file, f -> {
                if (!written.contains(content(Safetensors.read(f)))) throw new AssertionError("other values, silently");
            });
        }

        /** Everything in a checkpoint, in a form that can be compared. */
        private static Map<String, Object> content(Checkpoint checkpoint) {
            Map<String, Object> content = new TreeMap<>();
            StateDict state = checkpoint.state();
            for (String name : state.names()) {
                StateDict.Entry entry = state.get(name);
                // floats in a list are compared by their bits, NaN included
                List<Float> values = new ArrayList<>();
                for (float value : entry.values()) values.add(value);
                content.put("tensor " + name, List.of(entry.shape(), values));
            }
            content.put("metadata", checkpoint.metadata());
            return content;
        }
    }

    /** PyTorch since 1.6: a zip archive. */
    record TorchZip() implements Target {
        @Override
        public String name() {
            return "torch-zip";
        }

        @Override
        public List<byte[]> seeds() throws IOException {
            return List.of(
                    Files.readAllBytes(FILES.resolve("zip.pth")),
                    Files.readAllBytes(FILES.resolve("plain.pt")),
                    Files.readAllBytes(FILES.resolve("list.pt")));
        }

        @Override
        public Mutator mutator() {
            return Mutator.mostly(
                    new ZipMutator(name -> name.endsWith(".pkl") ? PickleMutator.INSTANCE : ByteMutator.INSTANCE));
        }

        @Override
        public Reader open(Path scratch) {
            return new FileReader(scratch.resolve("mutant.pth"), Checkpoints::load);
        }
    }

    /** PyTorch before 1.6: pickles one after the other, then the storages. */
    record TorchLegacy() implements Target {
        @Override
        public String name() {
            return "torch-legacy";
        }

        @Override
        public List<byte[]> seeds() throws IOException {
            return List.of(Files.readAllBytes(FILES.resolve("legacy.th")));
        }

        @Override
        public Mutator mutator() {
            return Mutator.mostly(PickleMutator.INSTANCE);
        }

        @Override
        public Reader open(Path scratch) {
            return new FileReader(scratch.resolve("mutant.th"), Checkpoints::load);
        }
    }

    /** Files that greg writes. */
    private static List<byte[]> ours() throws IOException {
        StateDict network = new StateDict();
        network.put("conv.weight", Shape.of(2, 1, 2, 2), new float[] {1, -2, 3, -4, 0.5f, 0, 1e-30f, 1e30f});
        network.put("conv.bias", Shape.of(2), new float[] {0.25f, -0.125f});
        StateDict scalar = new StateDict();
        scalar.put("steps", Shape.of(), new float[] {42});
        return List.of(
                written(network, Map.of("format", "greg", "arch", "lenet5", "classes", "10")),
                written(scalar, Map.of("format", "greg", "state", "{\"phase\":\"GROW\",\"seconds\":1.5}")));
    }

    private static byte[] written(StateDict state, Map<String, String> metadata) throws IOException {
        Path file = Files.createTempFile("greg-campaign", ".safetensors");
        try {
            Safetensors.write(file, state, metadata);
            return Files.readAllBytes(file);
        } finally {
            Files.delete(file);
        }
    }

    /** Edits the JSON of the header and makes its length fit. */
    private static byte[] header(byte[] file, byte[] other, SplittableRandom random) {
        if (file.length < Long.BYTES) return ByteMutator.INSTANCE.mutate(file, other, random);
        long length = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (length < 2 || length > file.length - Long.BYTES) return ByteMutator.INSTANCE.mutate(file, other, random);
        int end = Long.BYTES + (int) length;
        byte[] header = JsonMutator.INSTANCE.mutate(Arrays.copyOfRange(file, Long.BYTES, end), other, random);
        ByteBuffer prefix = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        byte[] start =
                ByteMutator.replaced(header, 0, 0, prefix.putLong(header.length).array());
        return ByteMutator.replaced(file, 0, end, start);
    }
}
