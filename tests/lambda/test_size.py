"""A bootstrap's zip stays small: it is what a cold start loads."""

import io
import zipfile

import pytest
from conftest import RELEASE

LIMIT = 10_000_000


@pytest.mark.parametrize("function", ["inference", "admin", "budget-reset"])
def test_a_zip_stays_under_ten_megabytes(function):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(RELEASE / function, "bootstrap")
    assert packed.tell() < LIMIT, f"{function}: {packed.tell()} bytes"
