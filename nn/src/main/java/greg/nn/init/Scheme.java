package greg.nn.init;

/** How the weights of convolutions and Linears start; n is the fan-in: inputs of one output. */
public enum Scheme {
    /** Normal, standard deviation sqrt(2 / n) (He et al. 2015); biases uniform in +-1/sqrt(n). CIFAR ResNets. */
    KAIMING_NORMAL,
    /** Normal, standard deviation sqrt(2 / n); biases 0. VGG. */
    KAIMING_NORMAL_ZERO_BIAS,
    /** Normal, standard deviation sqrt(2 / fan-out); Linears as in {@link #UNIFORM}. ResNets for ImageNet, Wide
     * ResNets, MobileNet. */
    KAIMING_NORMAL_FAN_OUT,
    /** Weights and biases uniform in +-1/sqrt(n): what PyTorch does when told nothing. LeNet-5, AlexNet,
     * MLPs. */
    UNIFORM
}
