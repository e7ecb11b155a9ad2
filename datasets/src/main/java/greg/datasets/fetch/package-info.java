/** Fetches the official archives of data sets: download, checksum, unpacking. */
package greg.datasets.fetch;
