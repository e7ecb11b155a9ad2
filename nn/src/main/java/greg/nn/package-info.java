/** Modules and their parameters, with PyTorch's names. */
package greg.nn;
