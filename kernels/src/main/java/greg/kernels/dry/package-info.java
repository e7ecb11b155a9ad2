/** A backend that computes nothing: it lets a network's structure be traced without memory or time. */
package greg.kernels.dry;
