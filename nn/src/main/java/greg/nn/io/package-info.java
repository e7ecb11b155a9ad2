/** Files: safetensors and PyTorch checkpoints, and writing that leaves the old file or the new one, never half of one. */
package greg.nn.io;
