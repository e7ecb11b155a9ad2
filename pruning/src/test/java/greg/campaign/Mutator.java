package greg.campaign;

import java.util.SplittableRandom;

/** Damages an input. The result depends on the arguments only, so that a seed and a number name a mutant. */
@FunctionalInterface
interface Mutator {
    /**
     * A damaged copy.
     *
     * @param input what is damaged; not changed
     * @param other another valid input, to take pieces from
     */
    byte[] mutate(byte[] input, byte[] other, SplittableRandom random);

    /** Structure-aware damage most of the time, and otherwise damage to bytes, before or after. */
    static Mutator mostly(Mutator structured) {
        return (input, other, random) -> switch (random.nextInt(8)) {
            case 0 -> ByteMutator.INSTANCE.mutate(input, other, random);
            case 1 -> ByteMutator.INSTANCE.mutate(structured.mutate(input, other, random), other, random);
            default -> structured.mutate(input, other, random);
        };
    }
}
