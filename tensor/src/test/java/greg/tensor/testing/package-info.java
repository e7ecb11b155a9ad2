/** What the tests of ops share: exact input patterns, a projection to a scalar, gradient checks. */
package greg.tensor.testing;
