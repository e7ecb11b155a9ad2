package greg.kernels.cuda;

import greg.kernels.KernelException;

/** cuDNN refused a call; the message has its own text. What was launched before is not concerned. */
final class CudnnException extends KernelException {
    private static final long serialVersionUID = 1L;

    CudnnException(String message) {
        super(message);
    }
}
