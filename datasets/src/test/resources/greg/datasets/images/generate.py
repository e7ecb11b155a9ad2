# Made the files of this folder with PIL 9.4.0 and torchvision: images, and beside each its pixels as PIL sees them
# (NAME.rgb: height * width * 3 bytes of Image.convert("RGB")). Run: python3 generate.py
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms
from torchvision import transforms

H, W = 22, 35
y, x = np.mgrid[0:H, 0:W]
rgb = np.stack([
    128 + 90 * np.sin(x / 5) + 20 * np.cos(y / 3),
    3 * x + 5 * y,
    255 - 11 * y + 2 * x,
], -1).clip(0, 255).astype(np.uint8)
rgb[8:14, 10:20] = (250, 10, 60)
image = Image.fromarray(rgb)
alpha = ((x * 7 + y * 3) % 256).astype(np.uint8)

image.save("rgb.png")
image.save("rgb.bmp")
image.save("rgb.jpg", quality=90)                    # chroma halved both ways
image.save("rgb444.jpg", quality=90, subsampling=0)
image.save("progressive.jpg", quality=90, progressive=True)
# an sRGB profile whose red and blue primaries change places: decoders that honour it give other colours
profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")
profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
image.save("profile.jpg", quality=90, icc_profile=bytes(profile))
image.convert("L").save("gray.png")
image.convert("L").save("gray.jpg", quality=90)
image.convert("1").save("bilevel.png")
image.convert("P", palette=Image.ADAPTIVE, colors=32).save("palette.png")
Image.fromarray(np.dstack([rgb, alpha])).save("rgba.png")
Image.merge("LA", (image.convert("L"), Image.fromarray(alpha))).save("graya.png")
image.convert("CMYK").save("cmyk.jpg", quality=95)
data = bytearray(open("cmyk.jpg", "rb").read())
data[data.index(b"Adobe") + 11] = 2                  # the same bytes, declared as YCCK
open("ycck.jpg", "wb").write(data)



def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


# 16 bits a channel, which PIL reads but does not write: the low bytes must be dropped, not rounded
deep = (rgb.astype(">u2") << 8) + 0xF0
rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in deep)
open("rgb16.png", "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, 16, 2, 0, 0, 0))
                              + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))

for name in ["rgb.png", "rgb16.png", "rgb.bmp", "rgb.jpg", "rgb444.jpg", "progressive.jpg", "profile.jpg", "gray.png", "gray.jpg",
             "bilevel.png", "palette.png", "rgba.png", "graya.png", "cmyk.jpg", "ycck.jpg"]:
    open(name + ".rgb", "wb").write(np.asarray(Image.open(name).convert("RGB")).tobytes())

for h, w in [(11, 35), (22, 17), (7, 9), (40, 71), (23, 34)]:
    open(f"resize-{h}x{w}.rgb", "wb").write(np.asarray(image.resize((w, h), Image.BILINEAR)).tobytes())
for resize, size in [(16, 14), (16, 15), (30, 24), (9, 8)]:
    crop = transforms.Compose([transforms.Resize(resize), transforms.CenterCrop(size)])
    open(f"crop-{resize}-{size}.rgb", "wb").write(np.asarray(crop(image)).tobytes())
for top, left, h, w in [(0, 0, 22, 35), (3, 7, 12, 14), (10, 1, 5, 30), (21, 34, 1, 1)]:
    part = transforms.functional.resized_crop(image, top, left, h, w, (12, 14))
    open(f"part-{top}-{left}-{h}-{w}.rgb", "wb").write(np.asarray(part).tobytes())
