/** Networks that only compute forward, as fast as the backend can. */
package greg.nn.inference;
