/**
 * Labelled images as plain arrays: readers of the usual file formats, the bundled data set and the batch loader.
 *
 * <p>Nothing here knows tensors or devices, and nothing but the JDK is needed; {@link greg.datasets.jpeg} decodes with
 * libjpeg-turbo where the machine has it. Pixels are unsigned
 * bytes in height-width-channel order (HWC; a batch is NHWC), labels are ints from 0. {@link greg.datasets.Datasets} opens
 * a data set by name, {@link greg.datasets.Batches} turns one into shuffled batches on threads of its own.
 */
package greg.datasets;
