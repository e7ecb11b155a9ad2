package greg.campaign;

import java.nio.file.Path;
import java.util.List;

/** One kind of input of greg's: valid ones to start from, how they are damaged, and what reads them. */
interface Target {
    /** Its name in commands, summaries and the corpus. */
    String name();

    /** Small valid inputs. */
    List<byte[]> seeds() throws Exception;

    /** How inputs are damaged. */
    Mutator mutator();

    /**
     * A reader for this process.
     *
     * @param scratch an empty folder for it alone
     */
    Reader open(Path scratch) throws Exception;

    /** Reads inputs. */
    @FunctionalInterface
    interface Reader {
        /** Reads one; throws what the code under test throws, and an AssertionError if it did what it must not. */
        void read(byte[] input) throws Exception;
    }
}
