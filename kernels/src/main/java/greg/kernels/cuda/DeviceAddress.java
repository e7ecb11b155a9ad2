package greg.kernels.cuda;

import jcuda.driver.CUdeviceptr;

/** A device address that can be read as a number, which kernel arguments and tables of pointers need. */
final class DeviceAddress extends CUdeviceptr {
    /** Null, to be filled by an allocation. */
    DeviceAddress() {}

    private DeviceAddress(DeviceAddress base, long bytes) {
        super(base, bytes);
    }

    /** The address {@code bytes} further on. */
    DeviceAddress plus(long bytes) {
        return new DeviceAddress(this, bytes);
    }

    /** The address as a number. */
    long value() {
        return getNativePointer() + getByteOffset();
    }
}
