package greg.bench.gpu;

import greg.kernels.Backend;
import greg.kernels.KernelException;
import java.util.Arrays;
import java.util.List;

/** Refuses to time kernels with wrong results: these are compared with the reference backend's before any time is taken. */
final class Verification {
    private final String what;
    private final int copy;
    private final List<Work.Result> before;
    private final List<Work.Result> expected;

    /** Computes the results of one copy on the reference backend. */
    Verification(Work work, Backend reference, int copy) {
        this.what = work.name() + " over " + work.data();
        this.copy = copy;
        try (Work.Case truth = work.maker().make(reference, copy, 1)) {
            before = truth.results(0);
            truth.run(0);
            expected = truth.results(0);
        }
        for (int i = 0; i < expected.size(); i++) {
            if (Arrays.equals(before.get(i).values(), expected.get(i).values())) {
                throw new KernelException("benchmark of " + what + ": the data leave "
                        + expected.get(i).what() + " unchanged, so that a"
                        + " kernel that does nothing would pass; choose other data");
            }
        }
    }

    /** Puts the data back, runs, and compares. */
    void check(String how, Work.Case device, Runnable run) {
        device.reset();
        run.run();
        List<Work.Result> results = device.results(copy);
        if (results.size() != expected.size()) {
            throw new KernelException("benchmark of " + what + ", " + how + ": expected " + expected.size()
                    + " results, got " + results.size());
        }
        for (int i = 0; i < results.size(); i++) compare(how, expected.get(i), results.get(i));
    }

    private void compare(String how, Work.Result expectedResult, Work.Result got) {
        float[] e = expectedResult.values();
        float[] a = got.values();
        if (e.length != a.length) {
            throw new KernelException("benchmark of " + what + ", " + how + ": " + expectedResult.what() + " has "
                    + e.length + " elements on the reference, " + a.length + " here");
        }
        for (int i = 0; i < e.length; i++) {
            if (!(Math.abs((double) a[i] - e[i]) <= expectedResult.tolerance() * Math.abs((double) e[i]))) {
                throw new KernelException(
                        "benchmark of " + what + ", " + how + ": copy " + copy + ", " + expectedResult.what()
                                + "[" + i + "] is " + a[i] + " where the reference has " + e[i]
                                + "; a wrong kernel is not timed");
            }
        }
    }
}
