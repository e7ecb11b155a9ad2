package greg.kernels.cuda;

/**
 * How kernels that treat each channel by itself share an activation (rows, pitch) in NHWC: a block has a tile of channels, in
 * fours, and a part of the rows. Depends on the shape alone, and so do the sums that are made this way.
 *
 * @param span fours of channels in a tile
 * @param step rows that the threads of a block have at a time: {@code 256 / span}
 * @param tiles blocks along the channels
 * @param part rows of a block
 * @param parts blocks along the rows
 */
record ChannelTiles(int span, int step, int tiles, int part, int parts) {
    /** Of sums: 128 bytes of a row in float32, few enough that the last block has not many parts for each of its threads. */
    private static final int SUM_SPAN = 8;
    /** Enough for four blocks on each of the 132 processors of an H100. */
    private static final int SUM_BLOCKS = 528;

    private static final int EACH_BLOCKS = 2112;
    /** Rows of a thread, below which more blocks are not worth their start. */
    private static final int SUM_ROWS = 8;

    private static final int EACH_ROWS = 4;

    /** For sums over the rows of a tensor with this pitch. */
    static ChannelTiles sums(int rows, int pitch) {
        return of(rows, pitch, SUM_SPAN, SUM_ROWS, SUM_BLOCKS);
    }

    /** For functions of each element that have constants for each channel. */
    static ChannelTiles each(int rows, int pitch) {
        return of(rows, pitch, Launch.THREADS, EACH_ROWS, EACH_BLOCKS);
    }

    private static ChannelTiles of(int rows, int pitch, int widest, int rowsEach, int blocks) {
        int quads = pitch / 4;
        // as many as are needed, and all of about the same width
        int span = Launch.blocks(quads, Launch.blocks(quads, widest));
        int tiles = Launch.blocks(quads, span);
        int step = Launch.THREADS / span;
        int parts = Math.min(Launch.blocks(rows, step * rowsEach), Math.max(1, blocks / tiles));
        int part = step * Launch.blocks(rows, parts * step);
        return new ChannelTiles(span, step, tiles, part, Launch.blocks(rows, part));
    }

    /** Adds the arguments {@code span, step, part} to a launch. */
    Launch add(Launch launch) {
        return launch.add(span).add(step).add(part);
    }

    /** Launches a block for each tile of each part. */
    void grid(Launch launch) {
        launch.grid(tiles, parts, 1);
    }
}
