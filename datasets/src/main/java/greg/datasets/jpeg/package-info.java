/** Decodes JPEG files with libjpeg-turbo, where the machine has it: the only package of this module that calls a native library. */
package greg.datasets.jpeg;
