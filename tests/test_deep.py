"""Pictures of more than eight bits: every value of theirs, however they are stored."""

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import imagecodecs
import numpy as np
import numpy.typing as npt
import pillow_heif
import pytest
from PIL import Image

from generator.pixels import decode
from generator.pixels.coding import coding_of
from generator.pixels.deep import Samples, UnreadableError, of_greys, read_samples
from tests.support.pictures import chart, encoded

Values = npt.NDArray[np.uint16]
Load = Callable[[bytes], Samples]

WIDTH, HEIGHT = 64, 48
GREY = np.linspace(0, 65535, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.uint16)
COLOUR = np.dstack([GREY, GREY[::-1], 65535 - GREY])
ALPHA = np.dstack([COLOUR, GREY[:, ::-1]])


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Read a picture, given as its bytes, as a build does."""

    def load_bytes(body: bytes) -> Samples:
        (tmp_path / "picture").write_bytes(body)
        with decode.opened(tmp_path / "picture") as image:
            coding = coding_of(image, lambda: body)
            try:
                return read_samples(image, body, coding.bits)
            except UnreadableError:
                return of_greys(image)

    return load_bytes


def heif(values: Values, bits: int) -> bytes:
    buffer = io.BytesIO()
    file = pillow_heif.from_bytes("RGB;16", values.shape[1::-1], values.tobytes())
    pillow_heif.options.SAVE_HDR_TO_12_BIT = bits == 12
    file.save(buffer, quality=-1, chroma=444, matrix_coefficients=0)
    pillow_heif.options.SAVE_HDR_TO_12_BIT = False
    return buffer.getvalue()


@pytest.mark.parametrize("values", [GREY, COLOUR, ALPHA, np.dstack([GREY, GREY[::-1]])])
@pytest.mark.parametrize(
    "encode",
    [
        imagecodecs.png_encode,
        imagecodecs.jpeg2k_encode,
        partial(imagecodecs.jpegxl_encode, lossless=True, bitspersample=16),
    ],
    ids=["PNG", "JPEG 2000", "JPEG XL"],
)
def test_lossless_files_keep_every_value(
    load: Load, encode: Callable[..., bytes], values: Values
) -> None:
    found = load(bytes(encode(values)))
    channels = values.shape[2] if values.ndim == 3 else 1
    colours = channels - (channels in (2, 4))
    assert found.space == ("L" if colours == 1 else "RGB")
    assert np.array_equal(found.colours, values.reshape(HEIGHT, WIDTH, -1)[..., :colours])
    if colours < channels:
        assert found.alpha is not None
        assert np.array_equal(found.alpha, values[..., -1])
    else:
        assert found.alpha is None


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("values", [GREY, COLOUR, ALPHA])
def test_avif_of_ten_and_twelve_bits_is_scaled_to_sixteen(
    load: Load, values: Values, bits: int
) -> None:
    body = imagecodecs.avif_encode(
        values >> (16 - bits), level=100, speed=10, bitspersample=bits, pixelformat="444"
    )
    found = load(bytes(body))
    whole = found.colours if found.alpha is None else np.dstack([found.colours, found.alpha])
    error = np.abs(whole.astype(int) - values.reshape(HEIGHT, WIDTH, -1).astype(int))
    assert error.max() <= 4 * 65535 / (2**bits - 1)
    assert int(whole.max()) > 65000


@pytest.mark.parametrize("bits", [10, 12])
def test_heif_of_ten_and_twelve_bits_is_scaled_to_sixteen(load: Load, bits: int) -> None:
    found = load(heif(COLOUR, bits))
    assert np.abs(found.colours.astype(int) - COLOUR.astype(int)).max() <= 65535 / (2**bits - 1)


@pytest.mark.parametrize("name", ["PNG", "TIFF", "JPEG2000"])
def test_sixteen_bits_of_grey_are_kept(load: Load, name: str) -> None:
    found = load(encoded(Image.fromarray(GREY), name))
    assert np.array_equal(found.colours[..., 0], GREY)


def test_a_value_that_means_transparent_does(load: Load) -> None:
    found = load(encoded(Image.fromarray(GREY), "PNG", transparency=0))
    assert np.array_equal(found.colours[..., 0], GREY)
    assert found.alpha is not None
    assert np.array_equal(found.alpha, np.where(GREY == 0, 0, 65535))


@pytest.mark.parametrize("top", [1.0, 255.0, 65535.0])
def test_floating_point_is_scaled_by_its_depth(load: Load, top: float) -> None:
    ramp = (GREY / 65535 * top).astype(np.float32)
    found = load(encoded(Image.fromarray(ramp), "TIFF"))
    assert np.abs(found.colours[..., 0].astype(int) - GREY.astype(int)).max() <= 1


def test_a_picture_of_eight_bits_is_none_for_this(tmp_path: Path) -> None:
    body = encoded(chart(), "BMP")
    (tmp_path / "picture").write_bytes(body)
    with decode.opened(tmp_path / "picture") as image, pytest.raises(UnreadableError):
        read_samples(image, body, 8)
