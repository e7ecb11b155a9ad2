package greg.datasets;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchesTest {

    private static final Dataset DATA = TestData.numbered(23, 3);

    private static List<int[]> indices(Batches batches) {
        List<int[]> all = new ArrayList<>();
        while (batches.hasNext()) {
            Batch batch = batches.next();
            all.add(Arrays.copyOf(batch.indices(), batch.size()));
        }
        return all;
    }

    private static int[] joined(List<int[]> parts) {
        return parts.stream().flatMapToInt(Arrays::stream).toArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 7})
    void deliversEachImageOnceWithItsOwnLabelAndPixels(int prefetch) {
        try (Batches batches = new Batches(DATA, 5, true, 42, false, prefetch)) {
            assertEquals(5, batches.batchesPerEpoch());
            batches.epoch(3);
            boolean[] seen = new boolean[DATA.size()];
            byte[] expected = new byte[DATA.shape().bytes()];
            int number = 0;
            while (batches.hasNext()) {
                Batch batch = batches.next();
                assertEquals(number == 4 ? 3 : 5, batch.size());
                for (int k = 0; k < batch.size(); k++) {
                    int index = batch.indices()[k];
                    assertFalse(seen[index], "image " + index + " came twice");
                    seen[index] = true;
                    assertEquals(DATA.label(index), batch.labels()[k]);
                    DATA.image(index, expected, 0);
                    int at = k * expected.length;
                    assertArrayEquals(expected, Arrays.copyOfRange(batch.images(), at, at + expected.length));
                }
                number++;
            }
            assertEquals(5, number);
            for (boolean s : seen) {
                assertTrue(s);
            }
            assertThrows(NoSuchElementException.class, batches::next);
        }
    }

    @Test
    void orderDependsOnSeedAndEpochAlone() {
        int[] order = Batches.permutation(1000, 7, 3);
        int[] sorted = order.clone();
        Arrays.sort(sorted);
        for (int i = 0; i < sorted.length; i++) {
            assertEquals(i, sorted[i]);
        }
        assertArrayEquals(order, Batches.permutation(1000, 7, 3));
        assertFalse(Arrays.equals(order, Batches.permutation(1000, 7, 4)));
        assertFalse(Arrays.equals(order, Batches.permutation(1000, 8, 3)));
        try (Batches ahead = new Batches(DATA, 4, true, 7, false, 3);
                Batches alone = new Batches(DATA, 6, true, 7, false, 0)) {
            int[] expected = Batches.permutation(DATA.size(), 7, 2);
            assertArrayEquals(expected, joined(indices(ahead.epoch(2))));
            assertArrayEquals(expected, joined(indices(alone.epoch(0).epoch(2))));
        }
    }

    // The orders must never change: runs are resumed with them. With stream() and Rng of SeedsTest, in Python:
    //   def perm(n,seed,epoch):
    //     r=Rng(stream(seed,'shuffle',epoch)); a=list(range(n))
    //     for i in range(n-1,0,-1): j=r.below(i+1); a[i],a[j]=a[j],a[i]
    //     return a
    //   print(perm(10,0,0), perm(10,-1,5))
    @Test
    void permutationIsTheDocumentedOne() {
        assertArrayEquals(new int[] {3, 0, 4, 2, 5, 1, 7, 6, 8, 9}, Batches.permutation(10, 0, 0));
        assertArrayEquals(new int[] {3, 4, 1, 9, 2, 6, 8, 7, 0, 5}, Batches.permutation(10, -1, 5));
    }

    @Test
    void eachIndexLandsInEachPlaceEquallyOften() {
        int n = 6;
        int epochs = 30_000;
        int[][] count = new int[n][n];
        for (int e = 0; e < epochs; e++) {
            int[] order = Batches.permutation(n, 1, e);
            for (int place = 0; place < n; place++) {
                count[place][order[place]]++;
            }
        }
        // binomial(30000, 1/6): mean 5000, sigma 65; five sigma
        for (int[] row : count) {
            for (int c : row) {
                assertTrue(Math.abs(c - 5000) <= 325, () -> Arrays.deepToString(count));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void startingInTheMiddleGivesTheTail(int prefetch) {
        try (Batches batches = new Batches(DATA, 4, true, 9, false, prefetch)) {
            List<int[]> whole = indices(batches.epoch(1));
            List<int[]> tail = indices(batches.epoch(1, 2));
            assertEquals(whole.size() - 2, tail.size());
            for (int i = 0; i < tail.size(); i++) {
                assertArrayEquals(whole.get(i + 2), tail.get(i));
            }
            assertFalse(batches.epoch(1, 6).hasNext());
            assertThrows(IllegalArgumentException.class, () -> batches.epoch(1, 7));
        }
    }

    @Test
    void unshuffledKeepsTheOrderAndDropLastDropsTheShortBatch() {
        try (Batches batches = new Batches(DATA, 5, false, 1, true, 2)) {
            assertEquals(4, batches.batchesPerEpoch());
            int[] order = joined(indices(batches.epoch(8)));
            assertEquals(20, order.length);
            for (int i = 0; i < order.length; i++) {
                assertEquals(i, order[i]);
            }
        }
        assertThrows(IllegalArgumentException.class, () -> new Batches(DATA, 24, false, 1, true, 2));
        assertThrows(IllegalArgumentException.class, () -> new Batches(DATA, 0, false, 1, false, 2));
        assertThrows(IllegalArgumentException.class, () -> new Batches(DATA, 1, false, 1, false, -1));
    }

    @Test
    void buffersAreRecycledAndTheLentOneIsLeftAlone() throws InterruptedException {
        int prefetch = 3;
        try (Batches batches = new Batches(DATA, 2, false, 1, false, prefetch)) {
            Set<Batch> seen = Collections.newSetFromMap(new IdentityHashMap<>());
            Batch before = null;
            for (int e = 0; e < 4; e++) {
                batches.epoch(e);
                while (batches.hasNext()) {
                    Batch batch = batches.next();
                    assertNotSame(before, batch);
                    before = batch;
                    seen.add(batch);
                    byte[] images = batch.images().clone();
                    Thread.sleep(1); // time for the producer to overwrite it, if it were wrong
                    assertArrayEquals(images, batch.images());
                }
                before = null;
            }
            assertTrue(seen.size() <= prefetch + 1, "buffers: " + seen.size());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void anErrorOfTheReaderSurfacesInNext(int prefetch) {
        RuntimeException cause = new DatasetException("image 7 is damaged");
        Dataset broken = TestData.failing(DATA, 7, () -> {
            throw cause;
        });
        try (Batches batches = new Batches(broken, 3, false, 1, false, prefetch)) {
            batches.epoch(0);
            batches.next();
            batches.next();
            for (int again = 0; again < 2; again++) {
                assertTrue(batches.hasNext());
                DatasetException e = assertThrows(DatasetException.class, batches::next);
                assertSame(cause, e.getCause());
                assertTrue(e.getMessage().contains("batch 2 of epoch 0"), e.getMessage());
                assertTrue(e.getMessage().contains("image 7 is damaged"), e.getMessage());
            }
            // a new epoch starts from the beginning
            assertEquals(3, batches.epoch(1).next().size());
        }
    }

    @Test
    void evenAnErrorOfTheMachineSurfaces() {
        Dataset broken = TestData.failing(DATA, 0, () -> {
            throw new StackOverflowError("deep");
        });
        try (Batches batches = new Batches(broken, 3, false, 1, false, 2)) {
            batches.epoch(0);
            DatasetException e = assertThrows(DatasetException.class, batches::next);
            assertInstanceOf(StackOverflowError.class, e.getCause());
        }
    }

    private static List<Thread> loaders() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.getName().startsWith("greg-batches-"))
                .toList();
    }

    @Test
    void closingEarlyLeavesNoThread() {
        assertEquals(List.of(), loaders());
        Batches batches = new Batches(DATA, 2, true, 1, false, 2);
        batches.epoch(0);
        batches.next();
        assertEquals(1, loaders().size());
        assertTrue(loaders().get(0).isDaemon());
        batches.epoch(1);
        assertEquals(1, loaders().size());
        batches.close();
        batches.close();
        assertEquals(List.of(), loaders());
        assertThrows(IllegalStateException.class, batches::next);
        assertThrows(IllegalStateException.class, () -> batches.epoch(2));
    }

    @Test
    void closingWorksOnAReaderThatSwallowsInterrupts() {
        Dataset deaf = TestData.watched(DATA, 3, index -> Thread.interrupted());
        for (int round = 0; round < 50; round++) {
            Batches batches = new Batches(deaf, 1, false, 1, false, 1);
            batches.epoch(0);
            batches.next();
            batches.close();
        }
        assertEquals(List.of(), loaders());
    }

    @Test
    void theReaderSleepsWhenTheRingIsFull() throws InterruptedException {
        try (Batches batches = new Batches(DATA, 2, false, 1, false, 2)) {
            batches.epoch(0);
            batches.next();
            Thread loader = loaders().get(0);
            while (loader.getState() != Thread.State.WAITING) {
                Thread.sleep(1);
            }
        }
    }

    @Test
    void anInterruptedConsumerKeepsItsFlag() {
        Dataset slow = TestData.failing(DATA, 0, () -> {
            try {
                Thread.sleep(60_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try (Batches batches = new Batches(slow, 2, false, 1, false, 2)) {
            batches.epoch(0);
            Thread.currentThread().interrupt();
            assertThrows(DatasetException.class, batches::next);
            assertTrue(Thread.interrupted());
        }
        assertEquals(List.of(), loaders());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 9})
    void theNumberOfThreadsChangesNothing(int workers) {
        // images take very different times, so that threads overtake each other
        Dataset uneven = TestData.watched(DATA, workers, index -> LockSupport.parkNanos(index % 5 * 200_000L));
        try (Batches several = new Batches(uneven, 4, true, 7, false, 3);
                Batches none = new Batches(DATA, 4, true, 7, false, 0)) {
            for (int e = 0; e < 3; e++) {
                several.epoch(e, e);
                none.epoch(e, e);
                while (none.hasNext()) {
                    Batch expected = none.next();
                    Batch batch = several.next();
                    assertEquals(expected.size(), batch.size());
                    int bytes = batch.size() * DATA.shape().bytes();
                    assertArrayEquals(Arrays.copyOf(expected.images(), bytes), Arrays.copyOf(batch.images(), bytes));
                    assertArrayEquals(
                            Arrays.copyOf(expected.labels(), batch.size()),
                            Arrays.copyOf(batch.labels(), batch.size()));
                    assertArrayEquals(
                            Arrays.copyOf(expected.indices(), batch.size()),
                            Arrays.copyOf(batch.indices(), batch.size()));
                }
                assertFalse(several.hasNext());
            }
        }
    }

    @Test
    void asManyThreadsReadAtATimeAsTheDataSetIsWorth() {
        CyclicBarrier four = new CyclicBarrier(4); // passed only by four threads that are there at a time
        Dataset together = TestData.watched(TestData.numbered(24, 3), 4, index -> await(four));
        try (Batches batches = new Batches(together, 6, false, 1, false, 2)) {
            assertEquals(24, joined(indices(batches.epoch(0))).length);
        }
        assertEquals(List.of(), loaders());
    }

    /** The limit only keeps a failing test from waiting forever. */
    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (BrokenBarrierException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void ofSeveralImagesThatCannotBeReadTheFirstIsNamed() {
        CountDownLatch later = new CountDownLatch(1);
        Dataset broken = TestData.watched(DATA, 3, index -> {
            if (index == 8) {
                later.countDown();
                throw new DatasetException("image 8 is damaged");
            }
            // neither the first image nor the first damaged one is read before a later one has failed
            if (index == 0 || index == 6) uninterruptibly(later);
            if (index == 6) throw new DatasetException("image 6 is damaged");
        });
        try (Batches batches = new Batches(broken, 3, false, 1, false, 3)) {
            batches.epoch(0);
            assertArrayEquals(new int[] {0, 1, 2}, Arrays.copyOf(batches.next().indices(), 3));
            assertArrayEquals(new int[] {3, 4, 5}, Arrays.copyOf(batches.next().indices(), 3));
            for (int again = 0; again < 2; again++) {
                DatasetException e = assertThrows(DatasetException.class, batches::next);
                assertTrue(e.getMessage().contains("batch 2 of epoch 0"), e.getMessage());
                assertTrue(e.getMessage().endsWith("image 6 is damaged"), e.getMessage());
            }
            assertArrayEquals(
                    new int[] {9, 10, 11},
                    Arrays.copyOf(batches.epoch(0, 3).next().indices(), 3));
        }
    }

    private static void uninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void severalReadersSleepWhenTheRingIsFullAndReadNoFurther() throws InterruptedException {
        AtomicInteger read = new AtomicInteger();
        Dataset counted = TestData.watched(DATA, 4, index -> read.incrementAndGet());
        try (Batches batches = new Batches(counted, 2, false, 1, false, 2)) {
            batches.epoch(0);
            List<Thread> readers = loaders();
            assertEquals(4, readers.size());
            while (!readers.stream().allMatch(t -> t.getState() == Thread.State.WAITING)) Thread.sleep(1);
            assertEquals(6, read.get(), "the images of three buffers");
        }
    }

    @Test
    void afterAnInterruptTheNextCallGivesTheSameBatch() {
        Thread consumer = Thread.currentThread();
        CountDownLatch interrupted = new CountDownLatch(1);
        Dataset slow = TestData.watched(DATA, 2, index -> {
            if (index != 1) return;
            // the first batch has begun by now, so it is this image that the consumer waits for
            while (consumer.getState() != Thread.State.WAITING) LockSupport.parkNanos(1_000_000);
            consumer.interrupt();
            uninterruptibly(interrupted);
        });
        try (Batches batches = new Batches(slow, 2, false, 1, false, 2)) {
            batches.epoch(0);
            assertThrows(DatasetException.class, batches::next);
            assertTrue(Thread.interrupted());
            interrupted.countDown();
            assertArrayEquals(new int[] {0, 1}, Arrays.copyOf(batches.next().indices(), 2));
            assertArrayEquals(new int[] {2, 3}, Arrays.copyOf(batches.next().indices(), 2));
        }
    }

    @Test
    void readingBeforeAnEpochIsRefused() {
        try (Batches batches = new Batches(DATA, 2, false, 1, false, 0)) {
            assertThrows(IllegalStateException.class, batches::next);
            assertThrows(IllegalArgumentException.class, () -> batches.epoch(-1));
        }
    }

    @Test
    void anEmptyDataSetHasEmptyEpochs() {
        try (Batches batches = new Batches(TestData.numbered(0, 3), 2, true, 1, true, 2)) {
            assertFalse(batches.epoch(0).hasNext());
        }
    }
}
