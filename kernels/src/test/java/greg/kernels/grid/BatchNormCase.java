package greg.kernels.grid;

import static greg.kernels.Workspace.gauss;

import greg.kernels.Backend;
import greg.kernels.Backends;
import greg.kernels.BatchNormKernels;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import greg.kernels.spec.BatchNormSpec;
import greg.kernels.spec.BatchNormSpec.Fusion;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Batch normalization in training and in inference, with their gradients.
 *
 * @param away mean of the input
 * @param spread its standard deviation
 * @param layout which layout the activations come in
 */
record BatchNormCase(BatchNormSpec spec, float away, float spread, int layout) implements GridCase {
    private static final float EPS = 1e-5f;

    /** Nearer to 0 than this, what goes into the ReLU may have either sign: nothing comes back through it there. */
    private static final float UNDECIDED = 1e-2f;

    /** Gauss numbers of an input: so that each kernel reads different ones. */
    private enum Of {
        X,
        RESIDUAL,
        GAMMA,
        BETA,
        RUNNING_MEAN,
        RUNNING_VAR,
        Y,
        DY
    }

    static BatchNormCase draw(SplittableRandom random) {
        float[] away = {0, 1, 5, 30};
        float[] spread = {1, 0.1f, 0.001f};
        int n = random.nextInt(2, 9);
        BatchNormSpec spec = new BatchNormSpec(
                n,
                GridCase.channels(random),
                random.nextInt(1, 25),
                random.nextInt(1, 25),
                EPS,
                0.1f,
                Fusion.values()[random.nextInt(3)]);
        return new BatchNormCase(
                spec, away[random.nextInt(away.length)], spread[random.nextInt(spread.length)], random.nextInt(12));
    }

    @Override
    public List<Result> run(Backend backend) {
        float[] dy = gauss(Of.DY.ordinal(), spec.dims());
        if (spec.fusion() != Fusion.NONE) {
            float[] before = beforeRelu();
            for (int i = 0; i < dy.length; i++) if (Math.abs(before[i]) < UNDECIDED) dy[i] = 0;
        }
        BatchNormKernels norm = backend.batchNorm();
        int c = spec.channels();
        Sizes sizes = sizes();
        double sums = sizes.normalized * Math.sqrt(spec.reduction());
        try (Workspace k = new Workspace(backend)) {
            Storage x = GridCase.activation(backend, k, layout, x(), spec.dims());
            Storage residual = residual(backend, k);
            Storage gamma = vector(k, Of.GAMMA);
            Storage beta = vector(k, Of.BETA);
            Storage mean = runningMean(k);
            Storage var = runningVar(k);
            Storage inference = k.out(spec.dims());
            Storage y = k.out(spec.dims());
            Storage saved = k.saved(norm.savedBytes(spec));
            Storage dx = k.out(spec.dims());
            Storage dresidual = residual == null ? null : k.out(spec.dims());
            Storage dgamma = k.out(c);
            Storage dbeta = k.out(c);
            norm.forwardInference(spec, x, residual, gamma, beta, mean, var, inference);
            norm.forwardTraining(spec, x, residual, gamma, beta, mean, var, y, saved);
            Storage gradient = GridCase.activation(backend, k, layout, dy, spec.dims());
            norm.backward(spec, x, y, gamma, beta, saved, gradient, dx, dresidual, dgamma, dbeta);

            Storage constantDx = k.out(spec.dims());
            Storage constantDgamma = k.out(c);
            Storage constantDbeta = k.out(c);
            Storage signs = GridCase.activation(backend, k, layout, gauss(Of.Y.ordinal(), spec.dims()), spec.dims());
            norm.backwardInference(
                    spec,
                    x,
                    signs,
                    gamma,
                    runningMean(k),
                    runningVar(k),
                    gradient,
                    constantDx,
                    residual == null ? null : k.out(spec.dims()),
                    constantDgamma,
                    constantDbeta);
            return List.of(
                    new Result("y of inference", k.get(inference, spec.dims()), sizes.normalized),
                    new Result("y", k.get(y, spec.dims()), sizes.normalized),
                    new Result("running mean", k.get(mean, c), 1),
                    new Result("running variance", k.get(var, c), 1),
                    new Result("dx", k.get(dx, spec.dims()), sizes.dx),
                    new Result("dresidual", residual == null ? new float[0] : k.get(dresidual, spec.dims()), 1),
                    new Result("dgamma", k.get(dgamma, c), sums),
                    new Result("dbeta", k.get(dbeta, c), Math.sqrt(spec.reduction())),
                    new Result("dx of inference", k.get(constantDx, spec.dims()), 1),
                    new Result("dgamma of inference", k.get(constantDgamma, c), sums),
                    new Result("dbeta of inference", k.get(constantDbeta, c), Math.sqrt(spec.reduction())));
        }
    }

    /**
     * What deviations are compared with at least.
     *
     * @param normalized 1, or more where a rounding of the mean to float32 moves what is normalized: by 6e-8 |mean| / deviation
     * @param dx of the terms that dx is the sum of: with two values in a channel they cancel
     */
    private record Sizes(double normalized, double dx) {}

    private Sizes sizes() {
        float[] x = x();
        float[] gamma = gauss(Of.GAMMA.ordinal(), spec.channels());
        int plane = spec.h() * spec.w();
        double normalized = 1;
        double dx = 0;
        for (int c = 0; c < spec.channels(); c++) {
            double sum = 0;
            double squares = 0;
            for (int i = 0; i < x.length; i++) {
                if (i / plane % spec.channels() != c) continue;
                double apart = (double) x[i] - away;
                sum += apart;
                squares += apart * apart;
            }
            double mean = sum / spec.reduction();
            double inverse = 1 / Math.sqrt(squares / spec.reduction() - mean * mean + EPS);
            double moved = Math.max(1, Math.abs(away + mean) * inverse / 20);
            normalized = Math.max(normalized, moved);
            dx = Math.max(dx, Math.abs(gamma[c]) * inverse * moved);
        }
        return new Sizes(normalized, dx);
    }

    /** What the training form computes before its ReLU. */
    private float[] beforeRelu() {
        BatchNormSpec linear = new BatchNormSpec(
                spec.n(), spec.channels(), spec.h(), spec.w(), spec.eps(), spec.momentum(), Fusion.NONE);
        try (Backend reference = Backends.open("reference");
                Workspace k = new Workspace(reference)) {
            Storage y = k.out(spec.dims());
            Storage saved = k.saved(reference.batchNorm().savedBytes(linear));
            Storage x = k.put(x());
            reference
                    .batchNorm()
                    .forwardTraining(
                            linear,
                            x,
                            null,
                            vector(k, Of.GAMMA),
                            vector(k, Of.BETA),
                            runningMean(k),
                            runningVar(k),
                            y,
                            saved);
            float[] before = k.get(y, spec.dims());
            if (spec.fusion() == Fusion.ADD_RELU) {
                float[] residual = gauss(Of.RESIDUAL.ordinal(), spec.dims());
                for (int i = 0; i < before.length; i++) before[i] += residual[i];
            }
            return before;
        }
    }

    private float[] x() {
        float[] x = gauss(Of.X.ordinal(), spec.dims());
        for (int i = 0; i < x.length; i++) x[i] = away + spread * x[i];
        return x;
    }

    private Storage residual(Backend backend, Workspace k) {
        if (spec.fusion() != Fusion.ADD_RELU) return null;
        return GridCase.activation(backend, k, layout, gauss(Of.RESIDUAL.ordinal(), spec.dims()), spec.dims());
    }

    private Storage vector(Workspace k, Of what) {
        return k.put(gauss(what.ordinal(), spec.channels()));
    }

    private Storage runningMean(Workspace k) {
        float[] mean = gauss(Of.RUNNING_MEAN.ordinal(), spec.channels());
        for (int c = 0; c < mean.length; c++) mean[c] = away + spread * mean[c];
        return k.put(mean);
    }

    private Storage runningVar(Workspace k) {
        float[] var = gauss(Of.RUNNING_VAR.ordinal(), spec.channels());
        for (int c = 0; c < var.length; c++) var[c] = spread * spread * (0.5f + Math.abs(var[c]));
        return k.put(var);
    }
}
