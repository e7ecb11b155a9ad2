package greg.campaign;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A reader of files, whose input is written to one first. */
record FileReader(Path file, Use use) implements Target.Reader {
    /** What reads the file. */
    @FunctionalInterface
    interface Use {
        /** Reads it. */
        void read(Path file) throws Exception;
    }

    @Override
    public void read(byte[] input) throws Exception {
        Files.write(
                file, input, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        use.read(file);
    }
}
