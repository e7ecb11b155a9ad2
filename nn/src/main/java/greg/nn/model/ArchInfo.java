package greg.nn.model;

/**
 * What commands and pruners have to know of an architecture.
 *
 * @param name as given to {@link Networks}
 * @param residual pruning ratios are given per stage (stem 0, stages 1 .., classifier last); otherwise per layer index
 * @param stages number of such stages, stem and classifier counted; 0 for single-branch networks
 * @param convsPerBlock convolutions on a block's main branch; 0 for single-branch networks
 * @param minImage smallest height and width of an image
 * @param description one line for people
 */
public record ArchInfo(
        String name, boolean residual, int stages, int convsPerBlock, int minImage, String description) {}
