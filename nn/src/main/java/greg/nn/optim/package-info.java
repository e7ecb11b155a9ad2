/** Optimizers and learning-rate schedules; the growing penalty enters the network through them. */
package greg.nn.optim;
