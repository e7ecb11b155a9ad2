package greg.kernels.harness;

import static greg.kernels.Workspace.gauss;
import static greg.kernels.harness.Promise.BITS;
import static greg.kernels.harness.Promise.close;

import greg.kernels.UpdateSlot;
import greg.kernels.harness.KernelCase.Operands;
import greg.kernels.spec.AdamSpec;
import greg.kernels.spec.GroupIndex;
import greg.kernels.spec.SgdSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Updates and penalties of two parameters in one table: one with all that a slot may have, one with what it must. */
final class UpdateCases {
    /** (dimensions of the weight), groups, inner. */
    private record Parameter(int[] dims, int groups, int inner) {}

    private UpdateCases() {}

    static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        Parameter[] parameters = {
            new Parameter(new int[] {6, 5, 3, 3}, 6, 45),
            new Parameter(new int[] {6, 5, 3, 3}, 5, 9),
            new Parameter(new int[] {6, 5, 3, 3}, 270, 1),
            new Parameter(new int[] {7, 9}, 7, 9),
        };
        for (Parameter p : parameters) {
            for (boolean mask : new boolean[] {false, true}) {
                String what = Arrays.toString(p.dims) + " " + p.groups + " groups" + (mask ? " masked" : "");
                SgdSpec[] rules = {
                    new SgdSpec(0.9f, 5e-4f, false, false),
                    new SgdSpec(0.9f, 5e-4f, true, false),
                    new SgdSpec(0.9f, 5e-4f, false, true)
                };
                for (SgdSpec rule : rules) {
                    all.add(operands(
                            new KernelCase("sgd " + rule + " " + what, (b, o) -> b.update()
                                    .sgd(rule, o.get("lr"), slots(p, o))),
                            p,
                            mask,
                            false));
                }
                all.add(operands(
                        new KernelCase("adam " + what, (b, o) -> b.update()
                                .adam(AdamSpec.standard(5e-4), o.get("lr"), 3, slots(p, o))),
                        p,
                        mask,
                        true));
            }
            all.add(new KernelCase("addGradient " + Arrays.toString(p.dims) + " " + p.groups, (b, o) -> b.penalty()
                            .addGradient(slots(p, o)))
                    .parameter("weight", Content.mixed(1, p.dims), p.dims)
                    .updatedParameter("gradient", BITS, Content.mixed(2, p.dims), p.dims)
                    .input("lambda", Content.mixed(3, p.groups), p.groups)
                    .parameter("plain", gauss(1, 7), 7)
                    .parameter("plainGradient", gauss(2, 7), 7));
            for (float one : new float[] {1, Float.NaN, Float.NEGATIVE_INFINITY}) {
                all.add(new KernelCase(
                                "groupL1 one " + one + " " + Arrays.toString(p.dims) + " " + p.groups,
                                (b, o) -> b.penalty().groupL1(slots(p, o)))
                        .parameter("weight", Content.withOne(one, 1, p.dims), p.dims)
                        .parameter("gradient", gauss(2, p.dims), p.dims)
                        .output("l1", close(0, 2e-6), p.groups)
                        .parameter("plain", gauss(1, 7), 7)
                        .parameter("plainGradient", gauss(2, 7), 7));
            }
        }
        return all;
    }

    private static KernelCase operands(KernelCase c, Parameter p, boolean mask, boolean adam) {
        c.updatedParameter("weight", BITS, Content.mixed(1, p.dims), p.dims)
                .parameter("gradient", Content.mixed(2, p.dims), p.dims)
                .updatedParameter("momentum", BITS, Content.mixed(3, p.dims), p.dims)
                .input("lambda", Content.mixed(5, p.groups), p.groups)
                .output("l1", close(0, 2e-6), p.groups)
                .input("lr", new float[] {0.1f}, 1)
                .updatedParameter("plain", BITS, gauss(1, 7), 7)
                .parameter("plainGradient", gauss(2, 7), 7);
        if (mask) c.parameter("mask", Content.zerosAndOnes(6, p.dims), p.dims);
        if (adam) {
            c.updatedParameter("variance", BITS, Content.positive(4, p.dims), p.dims)
                    .updatedParameter("plainMomentum", BITS, gauss(3, 7), 7)
                    .updatedParameter("plainVariance", BITS, Content.positive(4, 7), 7);
        }
        return c;
    }

    private static List<UpdateSlot> slots(Parameter p, Operands o) {
        UpdateSlot full = new UpdateSlot(
                o.get("weight"),
                p.dims,
                o.get("gradient"),
                o.get("momentum"),
                o.get("variance"),
                o.get("lambda"),
                o.get("mask"),
                o.get("l1"),
                new GroupIndex(p.groups, p.inner),
                0);
        UpdateSlot plain = new UpdateSlot(
                o.get("plain"),
                o.get("plainGradient"),
                o.get("plainMomentum"),
                o.get("plainVariance"),
                null,
                null,
                null,
                null);
        return List.of(full, plain);
    }
}
