package greg.kernels.cpu;

import greg.kernels.spec.Conv2dSpec;

/**
 * The convolution that goes the other way. With stride 1 the data gradient of a convolution is itself a convolution, of dy with the weight
 * mirrored, m[i,o,a,b] = w[o,i,KH-1-a,KW-1-b], padded by KH-1-pH and KW-1-pW; and the forward pass is the data gradient of that one.
 */
final class Mirror {
    private float[] from = new float[0];
    private float[] to = new float[0];

    /** Whether {@code s} has a mirror. */
    static boolean exists(Conv2dSpec s) {
        return s.groups() == 1
                && s.strideH() == 1
                && s.strideW() == 1
                && s.dilationH() == 1
                && s.dilationW() == 1
                && s.padH() < s.kernelH()
                && s.padW() < s.kernelW();
    }

    /** The mirror of {@code s}, whose own mirror is {@code s} again. */
    static Conv2dSpec of(Conv2dSpec s) {
        return new Conv2dSpec(
                s.n(),
                s.outChannels(),
                s.outH(),
                s.outW(),
                s.inChannels(),
                s.kernelH(),
                s.kernelW(),
                1,
                1,
                s.kernelH() - 1 - s.padH(),
                s.kernelW() - 1 - s.padW(),
                1,
                1,
                1);
    }

    /** The mirrored weight of {@code s}, dense (Cin, Cout, KH, KW). */
    void mirror(Conv2dSpec s, HostBlock weight, HostBlock mirrored) {
        int inputs = s.inChannels();
        int outputs = s.outChannels();
        int area = s.kernelH() * s.kernelW();
        int length = inputs * outputs * area;
        if (from.length < length) {
            from = new float[length];
            to = new float[length];
        }
        weight.read(0, from, 0, length);
        for (int i = 0; i < inputs; i++) {
            for (int o = 0; o < outputs; o++) {
                int source = (o * inputs + i) * area + area - 1;
                int target = (i * outputs + o) * area;
                for (int k = 0; k < area; k++) to[target + k] = from[source - k];
            }
        }
        mirrored.write(0, to, 0, length);
    }
}
