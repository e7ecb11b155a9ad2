/** Initial values of parameters: functions of a shape and a stream of random numbers. */
package greg.nn.init;
