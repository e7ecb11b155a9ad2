/** Networks as ONNX files. */
package greg.nn.onnx;
