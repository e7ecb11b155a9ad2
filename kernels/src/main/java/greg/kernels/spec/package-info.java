/**
 * Geometry records: they validate, own every output-size and operation-count formula, and are the keys of plan caches.
 */
package greg.kernels.spec;
