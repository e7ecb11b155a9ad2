package greg.pruning.run;

import greg.nn.train.TrainHook;
import greg.nn.train.TrainLoop;

/** Shows the progress of a training loop: counts its images, or its steps. */
final class ProgressHook implements TrainHook {
    private final Progress progress;
    private final boolean images;

    ProgressHook(Progress progress, boolean images) {
        this.progress = progress;
        this.images = images;
    }

    @Override
    public void afterStep(TrainLoop loop) {
        progress.step(images ? loop.images() : 1);
    }
}
