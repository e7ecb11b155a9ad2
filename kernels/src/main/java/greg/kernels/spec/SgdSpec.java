package greg.kernels.spec;

/**
 * Constants of an SGD step.
 *
 * @param momentum m in v = m v + g; 0 for none
 * @param weightDecay L2 coefficient on every parameter
 * @param nesterov look ahead by one momentum step
 * @param blockLossGradient use the penalty and weight decay alone, in slots that have a lambda (reference:
 *     block_loss_grad)
 */
public record SgdSpec(float momentum, float weightDecay, boolean nesterov, boolean blockLossGradient) {}
