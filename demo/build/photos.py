"""Two small photographs customers attach, drawn with a little noise so that they look taken, not designed."""

from PIL import Image, ImageDraw, ImageFilter
from world import HERE, dice

SIZE = (520, 390)


def make() -> None:
    folder = HERE / "photos"
    folder.mkdir(exist_ok=True)
    # Drawn once and committed: another Pillow packs the same picture into other bytes.
    if not (folder / "teller-scherben.jpg").exists():
        _plate().save(folder / "teller-scherben.jpg", quality=70)
    if not (folder / "lampe-schirm.png").exists():
        _lamp().save(folder / "lampe-schirm.png", optimize=True)


def _plate() -> Image.Image:
    picture = Image.new("RGB", SIZE, (172, 138, 102))
    draw = ImageDraw.Draw(picture)
    for line in range(0, SIZE[1], 34):
        draw.line((0, line, SIZE[0], line + 9), fill=(150, 117, 84), width=2)
    draw.ellipse((92, 44, 410, 356), fill=(70, 55, 42))
    draw.pieslice((84, 34, 404, 346), 20, 150, fill=(62, 96, 138))
    draw.pieslice((70, 30, 390, 342), 158, 262, fill=(66, 101, 144))
    draw.pieslice((98, 22, 418, 334), 268, 372, fill=(58, 92, 133))
    draw.pieslice((148, 94, 336, 282), 22, 148, fill=(92, 126, 165))
    draw.pieslice((136, 90, 324, 278), 160, 260, fill=(96, 131, 170))
    draw.polygon([(430, 300), (468, 318), (440, 344)], fill=(62, 96, 138))
    draw.polygon([(30, 330), (58, 322), (50, 352)], fill=(62, 96, 138))
    return _taken(picture, "plate", 22)


def _lamp() -> Image.Image:
    picture = Image.new("RGB", SIZE, (214, 207, 196))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 300, *SIZE), fill=(121, 92, 66))
    draw.polygon([(178, 60), (342, 60), (392, 206), (128, 206)], fill=(233, 219, 183))
    draw.line([(286, 62), (270, 104), (296, 132), (276, 170), (292, 206)], fill=(88, 70, 48), width=6)
    draw.polygon([(270, 104), (296, 132), (318, 116)], fill=(94, 76, 54))
    draw.rectangle((252, 206, 268, 322), fill=(38, 38, 40))
    draw.ellipse((196, 308, 330, 340), fill=(38, 38, 40))
    return _taken(picture, "lamp", 8).quantize(96).convert("P")


def _taken(picture: Image.Image, name: str, grain: int) -> Image.Image:
    roll = dice(f"photo {name}")
    small = Image.new("L", (SIZE[0] // 2, SIZE[1] // 2))
    small.putdata([128 + roll.randint(-grain, grain) for _ in range(small.width * small.height)])
    noise = small.resize(SIZE).convert("RGB")
    return Image.blend(picture.filter(ImageFilter.GaussianBlur(1.6)), noise, 0.12)
