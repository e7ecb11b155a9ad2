package greg.pruning.sweep;

import java.io.Serializable;

/**
 * A run of a plan.
 *
 * @param index its place, from 0
 * @param name of its folder
 * @param ownDevice whether the plan says where it computes; else a device may be assigned
 * @param ownThreads whether the plan says with how many threads
 */
public record Entry(int index, String name, boolean ownDevice, boolean ownThreads) implements Serializable {
    private static final long serialVersionUID = 1L;
}
