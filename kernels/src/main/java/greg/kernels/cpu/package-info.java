/**
 * The CPU backend: oneDNN for convolutions, batch normalization, pooling, products and elementwise kernels; plain Java
 * over heap scratch for the rest.
 *
 * <p>A 4-D activation stays in the layout that its producer chose ({@link greg.kernels.cpu.Layout}) until a consumer needs
 * another one. Weights and their gradients are always dense; convolutions keep packed copies of them. Every primitive is a
 * {@link greg.kernels.cpu.Plan}, made once per specification and layout.
 */
package greg.kernels.cpu;
