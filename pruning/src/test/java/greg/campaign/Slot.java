package greg.campaign;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What a worker process has done so far, in a file mapped by it and by its parent, so that it survives the process. */
final class Slot {
    private static final int CURRENT = 0;
    private static final int ACCEPTED = 8;
    private static final int REFUSED = 16;
    private static final int FAILED = 24;
    private static final int BYTES = 32;

    private final MappedByteBuffer numbers;

    private Slot(MappedByteBuffer numbers) {
        this.numbers = numbers;
    }

    /** Of a file, which is made if it is missing. */
    static Slot of(Path file) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return new Slot(channel.map(FileChannel.MapMode.READ_WRITE, 0, BYTES));
        }
    }

    /** Number of the input that is being read, or that comes next. */
    long current() {
        return numbers.getLong(CURRENT);
    }

    /** Sets it. */
    void current(long i) {
        numbers.putLong(CURRENT, i);
    }

    /** Inputs that were read. */
    long accepted() {
        return numbers.getLong(ACCEPTED);
    }

    /** Inputs that were refused with an exception of ours. */
    long refused() {
        return numbers.getLong(REFUSED);
    }

    /** Inputs at which something else was thrown. */
    long failed() {
        return numbers.getLong(FAILED);
    }

    void accept() {
        numbers.putLong(ACCEPTED, accepted() + 1);
    }

    void refuse() {
        numbers.putLong(REFUSED, refused() + 1);
    }

    void fail() {
        numbers.putLong(FAILED, failed() + 1);
    }
}
