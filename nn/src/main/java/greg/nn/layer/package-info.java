/** The layers networks are built from; each reads its sizes from its parameters, so that surgery can shrink them. */
package greg.nn.layer;
