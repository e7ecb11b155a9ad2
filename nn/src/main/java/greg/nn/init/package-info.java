/** Initial values of parameters. */
package greg.nn.init;
