package greg.kernels.harness;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import greg.kernels.harness.KernelCase.Form;
import greg.kernels.harness.KernelCase.InPlace;
import greg.kernels.harness.KernelCase.Operand;
import greg.kernels.harness.KernelCase.Role;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs a case on a backend, with its operands in every form in which kernels and hosts hold them, and checks
 *
 * <ul>
 *   <li>the results, by the order in which the storage says that its bytes lie, against the reference's;
 *   <li>that padding is zero, that outputs count a write, and that inputs count none and keep every bit;
 *   <li>that a second run has the same bits;
 *   <li>that so has a replay from a graph after the caller has let go of all operands and others have taken their place.
 * </ul>
 */
final class KernelHarness {
    private final Backend backend;
    private final Probe probe;
    private final boolean bfloat16;
    private final boolean special;

    /**
     * A harness for a backend.
     *
     * @param bfloat16 whether the backend keeps activations in it
     * @param special whether its kernels promise what becomes of NaN, infinities and the sign of a zero, and in bfloat16 of numbers
     *     below the smallest normal one, and round only what they store; if not, these are left out, and parts may be rounded
     */
    KernelHarness(Backend backend, Probe probe, boolean bfloat16, boolean special) {
        this.backend = backend;
        this.probe = probe;
        this.bfloat16 = bfloat16;
        this.special = special;
    }

    /** How inputs of rank 4 are held. */
    private enum Inputs {
        FROM_HOST,
        HANDED_ON,
        IN_TURNS
    }

    /** How outputs of rank 4 are held. */
    private enum Outputs {
        /** No room for padding. */
        TIGHT,
        ROOMY,
        /** With room, and the layout that an earlier kernel left. */
        REUSED
    }

    /** One way to hold the operands of a case; {@code inPlace} is null for storages of their own. */
    private record Variant(Inputs inputs, Outputs outputs, InPlace inPlace) {
        @Override
        public String toString() {
            return "inputs " + inputs + ", outputs " + outputs + (inPlace == null ? "" : ", " + inPlace);
        }
    }

    private static List<Variant> variants(KernelCase c) {
        boolean in = c.operands().stream().anyMatch(o -> o.rank4() && o.content() != null);
        boolean out = c.operands().stream().anyMatch(o -> o.rank4() && o.role() == Role.OUTPUT);
        List<Variant> variants = new ArrayList<>();
        variants.add(new Variant(Inputs.FROM_HOST, Outputs.TIGHT, null));
        if (out) variants.add(new Variant(Inputs.FROM_HOST, Outputs.REUSED, null));
        if (in) variants.add(new Variant(Inputs.HANDED_ON, Outputs.TIGHT, null));
        if (in && out) {
            variants.add(new Variant(Inputs.HANDED_ON, Outputs.REUSED, null));
            variants.add(new Variant(Inputs.IN_TURNS, Outputs.ROOMY, null));
        }
        for (InPlace alias : c.inPlace()) {
            variants.add(new Variant(Inputs.FROM_HOST, Outputs.TIGHT, alias));
            if (in) variants.add(new Variant(Inputs.HANDED_ON, Outputs.ROOMY, alias));
        }
        return variants;
    }

    /**
     * Checks the case in all its variants.
     *
     * @param other run between a recording and its replay, to use what the kernel keeps for itself
     */
    void check(KernelCase c, KernelCase other) {
        Map<String, Object> expected = expected(c);
        for (Variant variant : variants(c)) {
            try (Workspace k = new Workspace(backend)) {
                check(c, variant, k, expected, other);
            }
        }
    }

    private void check(KernelCase c, Variant variant, Workspace k, Map<String, Object> expected, KernelCase other) {
        String what = c + " (" + variant + ")";
        Map<String, Storage> storages = allocate(c, variant, k);
        if (c.preparation() != null) c.preparation().on(backend, storages::get);
        Map<String, Object> before = snapshots(c, storages, false);
        Map<String, Long> versions = new HashMap<>();
        storages.forEach((name, storage) -> versions.put(name, storage.version()));
        c.call().on(backend, storages::get);
        for (Operand o : c.operands()) {
            Storage storage = storages.get(o.name());
            boolean overwritten = variant.inPlace != null && o.name().equals(variant.inPlace.input());
            if (o.written()) {
                boolean counted = o.promise() == null || storage.version() > versions.get(o.name());
                assertTrue(counted, what + " counts its write of " + o.name());
                checkResult(c, what + " " + o.name(), o, storage, expected.get(o.name()));
            } else if (!overwritten) {
                checkInput(c, what + " " + o.name(), o, storage, before.get(o.name()), versions.get(o.name()));
            }
        }
        Map<String, Object> after = snapshots(c, storages, true);
        restore(c, storages, before);
        c.call().on(backend, storages::get);
        snapshots(c, storages, true)
                .forEach((name, bits) -> assertEquals(after.get(name), bits, what + " again: " + name));
        if (!probe.replays()) return;
        restore(c, storages, before);
        replay(c, what, k, storages, after, other);
    }

    private Map<String, Storage> allocate(KernelCase c, Variant variant, Workspace k) {
        Map<String, Storage> storages = new LinkedHashMap<>();
        int turn = 0;
        for (Operand o : c.operands()) {
            if (o.content() == null) continue;
            boolean handedOn =
                    variant.inputs == Inputs.HANDED_ON || variant.inputs == Inputs.IN_TURNS && turn++ % 2 == 1;
            storages.put(o.name(), input(c, k, o, handedOn));
        }
        for (Operand o : c.operands()) {
            if (o.content() != null) continue;
            if (variant.inPlace != null && variant.inPlace.output().equals(o.name())) {
                storages.put(o.name(), storages.get(variant.inPlace.input()));
                continue;
            }
            Storage storage = k.own(output(c, o, variant, storages));
            probe.poison(storage);
            if (variant.outputs == Outputs.REUSED && o.rank4()) probe.reuse(storage, o.dims());
            storages.put(o.name(), storage);
        }
        return storages;
    }

    private Storage input(KernelCase c, Workspace k, Operand o, boolean handedOn) {
        return switch (o.form()) {
            case INTS -> k.put((int[]) o.content());
            case BYTES -> k.put((byte[]) o.content());
            default -> {
                float[] data = content(c, o);
                boolean rank4 = o.dims().length == 4;
                if (handedOn && o.form() == Form.ACTIVATION) yield probe.handedOn(k, data, o.dims());
                if (handedOn && o.form() == Form.PARAMETER && rank4) yield probe.arranged(k, data, o.dims());
                yield k.put(data);
            }
        };
    }

    private Storage output(KernelCase c, Operand o, Variant variant, Map<String, Storage> storages) {
        if (c.likeOf(o.name()) != null) return backend.memory().like(storages.get(c.likeOf(o.name())));
        boolean room = variant.outputs != Outputs.TIGHT && o.rank4();
        if (room && o.form() == Form.ACTIVATION) return backend.memory().activation(o.dims());
        if (room) return backend.memory().parameter(o.dims());
        return backend.memory().allocate(type(o.form()), c.length(backend, o));
    }

    private static DType type(Form form) {
        return switch (form) {
            case INTS -> DType.INT32;
            case BYTES -> DType.UINT8;
            default -> DType.FLOAT32;
        };
    }

    /** An activation in bfloat16 holds what is a bfloat16 already: rounding it is not what is tested here. */
    private float[] content(KernelCase c, Operand o) {
        float[] data = special ? (float[]) o.content() : Content.finite((float[]) o.content());
        if (!bfloat16 || !c.isHalf(o)) return data;
        return Content.inBfloat16(special ? data : Content.normal(data));
    }

    private Map<String, Object> expected(KernelCase c) {
        Backend reference = BackendsUnderTest.reference();
        Map<String, Object> results = new HashMap<>();
        try (Workspace r = new Workspace(reference)) {
            Map<String, Storage> storages = new LinkedHashMap<>();
            for (Operand o : c.operands()) {
                Storage storage = o.content() == null
                        ? r.own(reference.memory().allocate(type(o.form()), c.length(reference, o)))
                        : input(c, r, o, false);
                storages.put(o.name(), storage);
            }
            if (c.preparation() != null) c.preparation().on(reference, storages::get);
            c.expected().on(reference, storages::get);
            for (Operand o : c.operands()) {
                if (!o.written() || o.promise() == null || o.form() == Form.BYTES) continue;
                if (o.form() == Form.INTS) {
                    results.put(o.name(), ints(reference, storages.get(o.name())));
                    continue;
                }
                float[] result = r.get(storages.get(o.name()), o.dims());
                boolean rounded = bfloat16 && c.isHalf(o);
                results.put(o.name(), rounded ? Content.inBfloat16(result) : result);
            }
        }
        return results;
    }

    private static int[] ints(Backend backend, Storage storage) {
        int[] data = new int[Math.toIntExact(storage.length())];
        backend.transfer().download(storage, data);
        return data;
    }

    private void checkResult(KernelCase c, String what, Operand o, Storage storage, Object expected) {
        if (expected == null) return;
        if (expected instanceof int[] integers) {
            assertArrayEquals(integers, ints(backend, storage), what);
            return;
        }
        boolean rounded = bfloat16 && c.isHalf(o);
        Promise promise = rounded ? o.promise().inBfloat16() : o.promise();
        if (!special && promise.bits()) promise = Promise.VALUES;
        if (!special && rounded) promise = promise.ofParts();
        float[] actual = probe.elements(what, storage, o.dims());
        // what has no place in bfloat16 may have been rounded or not
        promise.check(what, (float[]) expected, rounded ? Content.inBfloat16(actual) : actual);
        if (c.likeOf(o.name()) != null) return;
        if (o.form() == Form.ACTIVATION) probe.checkHandedOn(what, storage, o.dims());
        if (o.form() == Form.DENSE) probe.checkDense(what, storage);
    }

    private void checkInput(KernelCase c, String what, Operand o, Storage storage, Object before, long version) {
        if (o.form() == Form.PARAMETER) {
            // it may be brought into another order, once, which keeps what it stands for
            Promise.BITS.check(what + " is only read", content(c, o), probe.elements(what, storage, o.dims()));
            return;
        }
        assertEquals(before, probe.snapshot(storage, o.dims()), what + " is only read");
        assertEquals(version, storage.version(), what + " counts no write");
    }

    private Map<String, Object> snapshots(KernelCase c, Map<String, Storage> storages, boolean onlyWritten) {
        Map<String, Object> snapshots = new LinkedHashMap<>();
        for (Operand o : c.operands()) {
            if (onlyWritten && !o.written()) continue;
            snapshots.put(o.name(), probe.snapshot(storages.get(o.name()), o.dims()));
        }
        return snapshots;
    }

    /** Puts back what the call has overwritten; where a parameter was rearranged, it stays so. */
    private void restore(KernelCase c, Map<String, Storage> storages, Map<String, Object> before) {
        for (Operand o : c.operands()) {
            if (o.form() == Form.PARAMETER && o.role() == Role.INPUT) continue;
            probe.restore(storages.get(o.name()), before.get(o.name()));
        }
    }

    private void replay(
            KernelCase c,
            String what,
            Workspace k,
            Map<String, Storage> storages,
            Map<String, Object> after,
            KernelCase other) {
        Runnable step = () -> c.call().on(backend, storages::get);
        if (c.notCaptured() != null) {
            String message = assertThrows(KernelException.class, () -> probe.capture(step), what)
                    .getMessage();
            assertTrue(message.contains(c.notCaptured()), message);
            return;
        }
        try (Probe.Replay replay = probe.capture(step)) {
            k.close();
            try (Workspace others = new Workspace(backend)) {
                Map<Storage, Object> taken = new LinkedHashMap<>();
                for (Storage storage : storages.values()) {
                    Storage next = others.own(backend.memory().allocate(DType.UINT8, storage.bytes()));
                    probe.poison(next);
                    taken.put(next, probe.snapshot(next));
                }
                if (other != null) runOnce(other, others);
                Map<String, Long> versions = new HashMap<>();
                storages.forEach((name, storage) -> versions.put(name, storage.version()));
                replay.launch();
                for (Operand o : c.operands()) {
                    Storage storage = storages.get(o.name());
                    boolean counted = storage.version() > versions.get(o.name());
                    if (o.promise() != null && o.role() == Role.OUTPUT || o.role() == Role.UPDATED) {
                        assertTrue(counted, what + ": a replay counts its write of " + o.name());
                    }
                    if (!o.written()) continue;
                    Object bits = probe.snapshot(storage, o.dims());
                    assertEquals(after.get(o.name()), bits, what + " replayed: " + o.name());
                }
                taken.forEach((next, bits) ->
                        assertEquals(bits, probe.snapshot(next), what + ": a replay leaves alone what others own"));
            }
        }
        storages.forEach((name, storage) -> assertFalse(storage.live(), what + ": the graph has let go of " + name));
    }

    private void runOnce(KernelCase c, Workspace k) {
        Map<String, Storage> storages = allocate(c, new Variant(Inputs.FROM_HOST, Outputs.TIGHT, null), k);
        if (c.preparation() != null) c.preparation().on(backend, storages::get);
        c.call().on(backend, storages::get);
    }
}
