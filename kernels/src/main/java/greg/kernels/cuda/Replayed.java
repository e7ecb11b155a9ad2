package greg.kernels.cuda;

/**
 * A storage that the kernels of a captured step use. They expect its elements where they were when the step was recorded, and
 * leave them where the recorded step did; the storage itself must say so, since later calls believe it.
 *
 * @param before as the recorded kernels expect it
 * @param after as they leave it
 * @param written whether they write it
 */
record Replayed(CudaStorage storage, State before, State after, boolean written) {
    /**
     * What a storage says about its memory.
     *
     * @param half whether its copy in bfloat16 is current
     * @param narrow whether its content is in bfloat16 only, which it never is before a recorded step
     */
    record State(CudaStorage.Arrangement arrangement, boolean half, boolean narrow) {
        static State of(CudaStorage storage) {
            return new State(storage.arrangement(), storage.halfIsCurrent(), storage.isNarrow());
        }

        void declare(CudaStorage storage) {
            storage.arrangement(arrangement);
            storage.halfIsCurrent(half);
            storage.isNarrow(narrow);
        }
    }

    /** Before a replay: undoes what was written in another layout, without the copy, or in bfloat16, since the last. */
    void prepare(CudaContext context, CudaLayouts layouts) {
        storage.widen();
        CudaStorage.Arrangement now = storage.arrangement();
        CudaStorage.Arrangement wanted = before.arrangement();
        if (!now.same(wanted)) {
            if (wanted.layout() == CudaLayout.NCHW) layouts.flatten(storage, now.dims());
            else layouts.arrange(storage, wanted.dims(), wanted.pitch());
            // of one channel, or one pixel, the orders are the same
            storage.arrangement(wanted);
        }
        if (before.half()) PackedWeights.refresh(context, storage);
    }

    /** After a replay. */
    void done() {
        if (!written) return;
        storage.touch();
        after.declare(storage);
    }
}
