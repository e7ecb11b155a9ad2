package greg.nn.model;

import greg.nn.NnModule;
import greg.nn.init.Init;
import greg.nn.layer.Conv2d;
import greg.nn.layer.Linear;

/** Initial values of networks whose authors did not use PyTorch's defaults. */
final class Starts {
    private Starts() {}

    /** The weights of all convolutions. */
    static void convolutions(NnModule net, Init weight) {
        net.visit((path, m) -> {
            if (m instanceof Conv2d conv) conv.weight().init(weight);
        });
    }

    /** The weights of all Linears. */
    static void linears(NnModule net, Init weight) {
        net.visit((path, m) -> {
            if (m instanceof Linear linear) linear.weight().init(weight);
        });
    }

    /** As VGGs do: weights normal by their fan-in, all biases 0. */
    static void vgg(NnModule net) {
        convolutions(net, Init.KAIMING_NORMAL);
        linears(net, Init.KAIMING_NORMAL);
        net.visit((path, m) -> {
            if (m instanceof Conv2d conv && conv.bias() != null) conv.bias().init(Init.ZERO);
            if (m instanceof Linear linear) linear.bias().init(Init.ZERO);
        });
    }
}
