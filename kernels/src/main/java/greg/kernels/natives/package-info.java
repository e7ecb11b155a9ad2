/** Where native libraries are unpacked, so that nobody but the user can have written what is loaded. */
package greg.kernels.natives;
