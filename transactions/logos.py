"""The logo on documents: a picture that is read, checked and written anew, so that nothing else hides in it."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from transactions import files
from transactions.errors import TransactionRefused

LARGEST = 2 * 1024 * 1024  # bytes
MOST_PIXELS = 16_000_000
WIDEST, HIGHEST = 1200, 400  # pixels kept
FORMATS = ("PNG", "JPEG", "WEBP")


def store(upload: Any) -> str:
    """Keep an uploaded logo as PNG and return its stored name. Raises TransactionRefused with the reason."""
    content = files.checked_content(upload, LARGEST)
    return files.write("logos", as_png(content), ".png")


def as_png(content: bytes) -> bytes:
    """The picture as a PNG of reasonable size, without anything that came along with it (place, comments)."""
    try:
        # `formats` keeps every other parser of the library out of reach.
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise _refused(
                    f"The picture has {picture.width} × {picture.height} pixels. Make it smaller first."
                )
            upright = ImageOps.exif_transpose(picture) or picture
            plain = upright.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise _refused("This is no picture that can be read. Choose a PNG, JPEG or WebP file.") from None
    plain.thumbnail((WIDEST, HIGHEST))
    out = io.BytesIO()
    Image.frombytes("RGBA", plain.size, plain.tobytes()).save(out, "PNG", optimize=True)
    return out.getvalue()


def _refused(sentence: str) -> TransactionRefused:
    return TransactionRefused("logo_refused", sentence, "logo")
