package greg.datasets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.datasets.RandomResizedCrop.Window;
import java.util.HashSet;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RandomResizedCropTest {

    private static final int MANY = 40_000;

    // The windows must never change: runs are resumed with them. With stream() and Rng of SeedsTest, in Python:
    //   def window(height,width,seed,epoch,index):
    //     r=Rng(stream(seed,'crop',epoch,index))
    //     for _ in range(10):
    //       area=height*width*(0.08+0.92*r.unit())
    //       ratio=math.exp(math.log(3/4)+(math.log(4/3)-math.log(3/4))*r.unit())
    //       w=round(math.sqrt(area*ratio)); h=round(math.sqrt(area/ratio))
    //       if 0<w<=width and 0<h<=height:
    //         i=r.below(height-h+1); j=r.below(width-w+1); return i,j,h,w
    //     q=width/height
    //     if q<3/4: w=width; h=round(w/(3/4))
    //     elif q>4/3: h=height; w=round(h*(4/3))
    //     else: w=width; h=height
    //     return (height-h)//2,(width-w)//2,h,w
    @ParameterizedTest
    @CsvSource({
        "375, 500, 0, 0, 0,   5, 83, 344, 414",
        "375, 500, 0, 0, 1,   7, 93, 316, 308",
        "375, 500, 0, 1, 0,   85, 76, 227, 248",
        "375, 500, -1, 89, 1281166,   3, 96, 330, 284",
        "500, 333, 7, 3, 5,   89, 109, 179, 193",
        "64, 64, 1099511627776, 2, 9,   9, 6, 46, 48",
        "50, 1000, 0, 0, 0,   0, 466, 50, 67",
        "1000, 51, 0, 0, 0,   466, 0, 68, 51",
        "1, 1, 0, 0, 0,   0, 0, 1, 1",
    })
    void windowsAreTheDocumentedOnes(
            int height, int width, long seed, int epoch, int index, int top, int left, int h, int w) {
        for (int again = 0; again < 2; again++) {
            assertEquals(new Window(top, left, h, w), RandomResizedCrop.window(height, width, seed, epoch, index));
        }
    }

    /** Sides may be off by half a pixel, which rounding makes of the numbers that were drawn. */
    @ParameterizedTest
    @CsvSource({"375, 500", "500, 375", "32, 32", "100, 400", "7, 5", "3000, 2000"})
    void windowsKeepTheLimitsOfShareAndRatio(int height, int width) {
        double area = (double) height * width;
        for (int i = 0; i < 5000; i++) {
            Window w = RandomResizedCrop.window(height, width, 3, i % 90, i);
            String what = height + "x" + width + ": " + w;
            assertTrue(w.top() >= 0 && w.top() + w.height() <= height && w.height() >= 1, what);
            assertTrue(w.left() >= 0 && w.left() + w.width() <= width && w.width() >= 1, what);
            assertTrue((w.height() + 0.5) * (w.width() + 0.5) >= 0.08 * area, what);
            assertTrue((w.height() - 0.5) * (w.width() - 0.5) <= area, what);
            assertTrue((w.width() + 0.5) / (w.height() - 0.5) >= 0.75, what);
            assertTrue((w.width() - 0.5) / (w.height() + 0.5) <= 4 / 3.0, what);
        }
    }

    // Of 40000 windows of torchvision 0.14.1, after torch.manual_seed(1), one size after the other:
    //   p=np.array([RandomResizedCrop.get_params(Image.new("L",(w,h)),[0.08,1.0],[3/4,4/3]) for _ in
    // range(40000)],float)
    //   t,l,hh,ww=p.T; share=hh*ww/(h*w); lr=np.log(ww/hh); cy=(t+hh/2)/h; cx=(l+ww/2)/w; full=hh==h
    // mean and deviation of share, lr, cy, cx; mean of full, which in panoramas is mostly the centred fallback
    @ParameterizedTest
    @CsvSource({
        "375, 500,  0.43352, 0.21628,  0.03155, 0.16433,  0.49945, 0.09743,  0.49899, 0.13572,  0.00545",
        "400, 300,  0.43442, 0.21699, -0.03112, 0.16349,  0.49894, 0.13597,  0.50052, 0.09821,  0.000025",
        "40, 60,    0.39813, 0.19425,  0.03213, 0.16466,  0.50065, 0.09929,  0.50041, 0.15227,  0.054975",
        "100, 400,  0.19256, 0.07581,  0.0681,  0.17268,  0.50032, 0.06583,  0.50025, 0.21446,  0.146275",
    })
    void windowsAreDistributedAsTorchvisions(
            int height,
            int width,
            double share,
            double shareDeviation,
            double logRatio,
            double logRatioDeviation,
            double centreY,
            double centreYDeviation,
            double centreX,
            double centreXDeviation,
            double fullHeight) {
        Window[] windows = IntStream.range(0, MANY)
                .mapToObj(i -> RandomResizedCrop.window(height, width, 11, i / 1000, i % 1000))
                .toArray(Window[]::new);
        assertDistributed(windows, w -> (double) w.height() * w.width() / height / width, share, shareDeviation);
        assertDistributed(windows, w -> Math.log((double) w.width() / w.height()), logRatio, logRatioDeviation);
        assertDistributed(windows, w -> (w.top() + w.height() / 2.0) / height, centreY, centreYDeviation);
        assertDistributed(windows, w -> (w.left() + w.width() / 2.0) / width, centreX, centreXDeviation);
        // for a rate the mean is enough; its deviation follows from it, with a far larger error where the rate is small
        double error = Math.sqrt(fullHeight * (1 - fullHeight) * 2 / MANY);
        double found = IntStream.range(0, MANY)
                        .filter(i -> windows[i].height() == height)
                        .count()
                / (double) MANY;
        assertTrue(Math.abs(found - fullHeight) <= 5 * error, "full height " + found + ", torchvision's " + fullHeight);
    }

    /** Five standard errors of the difference of two samples; that of a deviation is below that of the mean here. */
    private static void assertDistributed(
            Window[] windows, ToDoubleFunction<Window> of, double mean, double deviation) {
        double sum = 0;
        double squares = 0;
        for (Window w : windows) {
            double value = of.applyAsDouble(w);
            sum += value;
            squares += value * value;
        }
        double found = sum / windows.length;
        double foundDeviation = Math.sqrt(squares / windows.length - found * found);
        double limit = 5 * deviation * Math.sqrt(2.0 / MANY);
        assertTrue(Math.abs(found - mean) <= limit, "mean " + found + ", torchvision's " + mean);
        assertTrue(
                Math.abs(foundDeviation - deviation) <= limit,
                "deviation " + foundDeviation + ", torchvision's " + deviation);
    }

    /** Even the least share is wider or higher than these images, so no attempt can fit. */
    @ParameterizedTest
    @CsvSource({
        "10, 10000,  0, 4993, 10, 13",
        "10000, 10,  4993, 0, 13, 10",
        "1, 500,  0, 249, 1, 1",
        "3, 40000,  0, 19998, 3, 4",
    })
    void panoramasGiveTheirCentre(int height, int width, int top, int left, int h, int w) {
        for (int i = 0; i < 1000; i++) {
            assertEquals(new Window(top, left, h, w), RandomResizedCrop.window(height, width, i, i % 7, i));
        }
    }

    @Test
    void seedEpochAndIndexEachGiveOtherWindows() {
        Set<Window> seen = new HashSet<>();
        for (int seed = 0; seed < 10; seed++) {
            for (int epoch = 0; epoch < 10; epoch++) {
                for (int index = 0; index < 10; index++) {
                    seen.add(RandomResizedCrop.window(3750, 5000, seed, epoch, index));
                }
            }
        }
        assertEquals(1000, seen.size());
    }
}
