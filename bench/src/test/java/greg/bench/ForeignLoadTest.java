package greg.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Lines laid out as proc(5) says; the figures are made up. */
class ForeignLoadTest {
    @Test
    void busyIsAllButIdleAndWaiting() {
        // cpu user nice system idle iowait irq softirq steal guest guest_nice
        assertEquals(100 + 20 + 3 + 7 + 11 + 13, ForeignLoad.busyTicks("cpu  100 20 3 4000 500 7 11 13 17 19"));
    }

    @Test
    void ownTimeIsFoundBehindAnyProcessName() {
        // fields 14 and 15 of: pid (comm) state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime
        // stime
        String self = "4711 (a) b (c d) R 1 4711 4711 0 -1 4194304 900 0 1 0 250 31 0 0 20 0 35 0 1000 9 9";
        assertEquals(250 + 31, ForeignLoad.ownTicks(self));
    }
}
