package greg.kernels.cpu;

import greg.kernels.KernelException;
import greg.kernels.inference.InferenceGraph;
import greg.kernels.inference.InferencePlan;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A network in inference on the CPU. Either all threads share each operation, which is best for one image; or each thread takes
 * images of its own through the whole network, a few at a time, so that nobody waits for anybody and what a layer has written
 * is still in the thread's cache when the next one reads it.
 */
final class CpuInferencePlan implements InferencePlan {
    /** A thread takes at most this many images at a time; by then weights are read seldom enough. */
    private static final int MOST_TOGETHER = 16;

    /** From one number of images at a time to the next that is tried. */
    private static final int STEP = 4;

    /** Up to this many images for each thread, sharing each operation is tried. */
    private static final int FEW = 4;

    /** A plan is tried this often, or as often as there is time for, but at least once. */
    private static final int TRIALS = 5;

    private static final long TRIAL_NANOS = 200_000_000;

    private final int images;
    private final int inputs;
    private final int outputs;
    private final int team;
    private final InferenceProgram program;
    private final List<InferenceLane> lanes = new ArrayList<>();
    private ExecutorService others;
    private long nanos;
    private boolean closed;

    /** The fastest of the possible plans, by running them. */
    static CpuInferencePlan fastest(OneDnn dnn, InferenceGraph graph, int images, int threads) {
        ConvTimings timings = new ConvTimings(dnn);
        boolean apart = Team.settable();
        CpuInferencePlan best = null;
        if (!apart || images <= FEW * threads) {
            best = new CpuInferencePlan(dnn, graph, images, images, 1, threads, timings);
        }
        int lanes = Math.min(threads, images);
        int share = (images + lanes - 1) / lanes;
        for (int together = 1; apart && together <= Math.min(share, MOST_TOGETHER); together *= STEP) {
            if (best != null && threads == 1 && together == images) break; // the same plan once more
            CpuInferencePlan plan;
            try {
                plan = new CpuInferencePlan(dnn, graph, images, together, lanes, 1, timings);
            } catch (RuntimeException e) {
                if (best != null) best.close();
                throw e;
            }
            if (best == null || plan.nanos() < best.nanos()) {
                if (best != null) best.close();
                best = plan;
            } else {
                plan.close();
                if (best.team == 1) break; // more images at a time only leave the cache further behind
            }
        }
        return best;
    }

    /** A plan for {@code count} lanes that take so many images together, each with a team of {@code team} threads. */
    CpuInferencePlan(
            OneDnn dnn, InferenceGraph graph, int images, int together, int count, int team, ConvTimings timings) {
        this.images = images;
        this.team = team;
        inputs = graph.length(0);
        outputs = graph.length(graph.output());
        Team.enter(team);
        program = new InferenceProgram(dnn, graph, together, team, timings);
        try {
            for (int i = 0; i < count; i++) lanes.add(new InferenceLane(dnn, program));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
        if (count > 1) {
            others = Executors.newFixedThreadPool(count - 1, task -> {
                Thread thread = new Thread(
                        () -> {
                            Team.set(1);
                            task.run();
                        },
                        "greg-inference");
                thread.setDaemon(true);
                return thread;
            });
        }
    }

    /** The shortest of a few passes over whatever the memory holds; measured once. */
    private long nanos() {
        if (nanos > 0) return nanos;
        long[] times = new long[program.calls().size()];
        time(times);
        nanos = Long.MAX_VALUE;
        long spent = 0;
        for (int trial = 0; trial < TRIALS && (trial == 0 || spent < TRIAL_NANOS); trial++) {
            long start = System.nanoTime();
            time(times);
            long time = System.nanoTime() - start;
            spent += time;
            nanos = Math.min(nanos, time * rounds());
        }
        return nanos;
    }

    /** How often a lane goes through the network in a run. */
    private int rounds() {
        return (share() + program.images() - 1) / program.images();
    }

    @Override
    public void run(float[] batch, float[] results) {
        long in = (long) images * inputs;
        long out = (long) images * outputs;
        if (batch.length != in || results.length < out) {
            throw new IllegalArgumentException("inference: expected " + images + " images of " + inputs + " values and "
                    + outputs + " results each, got arrays of " + batch.length + " and " + results.length);
        }
        int share = share();
        onAll(i -> lanes.get(i).run(batch, Math.min(images, i * share), Math.min(images, (i + 1) * share), results));
    }

    @Override
    public void time(long[] nanos) {
        onAll(i -> lanes.get(i).time(i == 0 ? nanos : new long[nanos.length]));
        for (int i = 0; i < nanos.length; i++) nanos[i] *= rounds();
    }

    private int share() {
        return (images + lanes.size() - 1) / lanes.size();
    }

    private interface LaneTask {
        void run(int lane);
    }

    private void onAll(LaneTask task) {
        if (closed) throw new IllegalStateException("inference: expected a plan that is open, this one is closed");
        Team.enter(team);
        List<Future<?>> waiting = new ArrayList<>();
        for (int i = 1; i < lanes.size(); i++) {
            int lane = i;
            waiting.add(others.submit(() -> task.run(lane)));
        }
        RuntimeException failure = null;
        try {
            task.run(0);
        } catch (RuntimeException e) {
            failure = e;
        }
        boolean interrupted = false;
        for (Future<?> other : waiting) {
            // all of them, also after a failure or an interrupt: they use memory that may be freed next
            for (boolean done = false; !done; ) {
                try {
                    other.get();
                    done = true;
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    done = true;
                    if (failure == null) {
                        failure = new KernelException(
                                "inference: a thread failed: " + e.getCause().getMessage(), e.getCause());
                    }
                }
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
        if (failure != null) throw failure;
    }

    @Override
    public String description() {
        if (lanes.size() == 1 && team > 1) return team + " threads share each operation";
        return lanes.size() + (lanes.size() == 1 ? " thread" : " threads") + ", " + program.images()
                + (program.images() == 1 ? " image" : " images") + " at a time each";
    }

    @Override
    public void close() {
        if (closed) return;
        closed = true;
        if (others != null) others.shutdownNow();
        lanes.forEach(InferenceLane::close);
        program.close();
    }
}
