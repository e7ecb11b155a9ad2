package greg.datasets.random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Derivation and generator must never change: runs are resumed with them. The expected numbers come from this Python script.
 *
 * <pre>
 * import math
 * M=(1&lt;&lt;64)-1; G=0x9E3779B97F4A7C15
 * def mix(z): z=((z^(z&gt;&gt;30))*0xBF58476D1CE4E5B9)&amp;M; z=((z^(z&gt;&gt;27))*0x94D049BB133111EB)&amp;M; return z^(z&gt;&gt;31)
 * def stream(seed,purpose,*numbers):
 *     h=0xcbf29ce484222325
 *     for b in (seed&amp;M).to_bytes(8,'little')+purpose.encode()+b'\0'+b''.join((n&amp;M).to_bytes(8,'little') for n in numbers):
 *         h=((h^b)*0x100000001b3)&amp;M
 *     return mix(h)
 * class Rng:
 *     def __init__(self,seed): self.s=seed
 *     def next(self): self.s=(self.s+G)&amp;M; return mix(self.s)
 *     def unit(self): return (self.next()&gt;&gt;11)*2.0**-53
 *     def below(self,n): return ((self.next()&gt;&gt;32)*n)&gt;&gt;32
 * for a in [(0,''),(0,'shuffle'),(1,'shuffle'),(-1,'init.conv1.weight'),(7,'crop',3,5),(7,'crop',5,3),(0,'größe')]:
 *     print(hex(stream(*a)))
 * r=Rng(1); out=[]
 * while len(out)&lt;6:
 *     q=1
 *     while not 0&lt;q&lt;1: x=2*r.unit()-1; y=2*r.unit()-1; q=x*x+y*y
 *     f=math.sqrt(-2*math.log(q)/q); out+=[x*f,y*f]
 * print(out)
 * </pre>
 */
class SeedsTest {
    @Test
    void streamsAreTheDocumentedOnes() {
        assertEquals(0xffb6eec3623eee72L, Seeds.stream(0, ""));
        assertEquals(0x110020bb4d220fb5L, Seeds.stream(0, "shuffle"));
        assertEquals(0x7d38d2694ef8b765L, Seeds.stream(1, "shuffle"));
        assertEquals(0x2d950d163c6cf9c7L, Seeds.stream(-1, "init.conv1.weight"));
        assertEquals(0x275a8b817f096655L, Seeds.stream(7, "crop", 3, 5));
        assertEquals(0x2fc72c66ffd0bcd4L, Seeds.stream(7, "crop", 5, 3));
        assertEquals(0xb0a9d8a27e007a40L, Seeds.stream(0, "gr\u00f6\u00dfe"));
    }

    @Test
    void seedPurposeAndNumbersEachGiveAnotherStream() {
        Set<Long> seen = new HashSet<>();
        String[] purposes = {"", "a", "b", "ab", "init.conv1.weight", "init.conv1.bias", "shuffle", "augment"};
        for (long seed = -5; seed < 100; seed++) {
            for (String purpose : purposes) {
                seen.add(Seeds.stream(seed, purpose));
                for (int i = 0; i < 100; i++) seen.add(Seeds.stream(seed, purpose, i));
            }
        }
        assertEquals(105 * purposes.length * 101, seen.size());
    }

    /** The first numbers that the authors' own implementation gives for the seed 0. */
    @Test
    void theGeneratorIsSplitMix64() {
        SplitMix random = new SplitMix(0);
        for (long expected : new long[] {
            0xe220a8397b1dcdafL, 0x6e789e6aa1b965f4L, 0x06c45d188009454fL, 0xf88bb8a8724c81ecL, 0x1b39896a51a8749bL
        }) {
            assertEquals(expected, random.next());
        }
    }

    @Test
    void normalNumbersAreTheDocumentedOnes() {
        SplitMix random = new SplitMix(1);
        for (double expected : new double[] {
            0.42945220538400686,
            1.5857725335739927,
            0.4564552075888475,
            -0.05392224341748633,
            -0.3268385200683801,
            1.541644438276406
        }) {
            assertEquals(expected, random.gaussian(), 1e-14);
        }
    }

    /** Moments 1 to 4 of a normal distribution, each within five of its standard errors. */
    @Test
    void normalNumbersAreNormal() {
        int n = 1_000_000;
        SplitMix random = SplitMix.of(3, "test");
        double[] moments = new double[5];
        for (int i = 0; i < n; i++) {
            double x = random.gaussian();
            for (int k = 1; k <= 4; k++) moments[k] += Math.pow(x, k) / n;
        }
        double[] expected = {0, 0, 1, 0, 3};
        double[] variance = {0, 1, 2, 15, 96};
        for (int k = 1; k <= 4; k++) {
            double most = 5 * Math.sqrt(variance[k] / n);
            assertTrue(Math.abs(moments[k] - expected[k]) <= most, "moment " + k + " is " + moments[k]);
        }
    }
}
