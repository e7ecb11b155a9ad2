/** Brings the official archives of data sets to this machine: download, checksum, unpacking. */
package greg.datasets.fetch;
