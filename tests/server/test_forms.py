"""Forms in several parts are read as werkzeug reads them, by another parser."""

import io
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from depot_flux_simulator.web.forms import FormParser

BOUNDARY = "limite"
DISPOSITION = "Content-Disposition: form-data; name="


def body(*parts: str, end: str = "--limite--\r\n") -> bytes:
    return ("".join(f"--limite\r\n{part}\r\n" for part in parts) + end).encode("latin-1")


FILE = f'{DISPOSITION}"fichier"; filename="a b.xml"\r\nContent-Type: text/xml\r\n\r\n<a/>'
LATIN = "\r\nContent-Type: text/plain; charset=ISO-8859-1\r\n\r\n"
READ = {
    "a field and a file": body(f'{DISPOSITION}"code"\r\n\r\nFSO3110A', FILE),
    "twice the same": body(*2 * [f'{DISPOSITION}"code"\r\n\r\nFSO3110A'], *2 * [FILE]),
    "an empty file": body(f'{DISPOSITION}"f"; filename="a.xml"\r\n\r\n'),
    "another letter set": body(f'{DISPOSITION}"a"{LATIN}\xe9'),
    "a name in UTF-8": body(f'{DISPOSITION}"f"; filename="\xc3\xa9.xml"\r\n\r\nx'),
    "a name with quotes": body(f'{DISPOSITION}"f"; filename="a%22b.xml"\r\n\r\nx'),
    "no quotes": body("Content-Disposition: form-data; name=f; filename=a.xml\r\n\r\nx"),
    "extended": body(f"{DISPOSITION}\"f\"; filename*=UTF-8''%C3%A9.xml\r\n\r\nx"),
    "both names": body(
        f'{DISPOSITION}"f"; filename="e.xml"; filename*=UTF-8\'\'%C3%A9.xml\r\n\r\nx'
    ),
    "a star": body(f'{DISPOSITION}"f"; filename="a*.xml"\r\n\r\nx'),
    "line ends inside": body(f'{DISPOSITION}"f"; filename="a"\r\n\r\n\r\n--limit\r\n-\r\n'),
    "no body": body(f'{DISPOSITION}"a"\r\n', *2 * [f'{DISPOSITION}"b"\r\n'], FILE),
    "no body at the end": body(FILE, f'{DISPOSITION}"f"; filename="a"\r\n'),
    "no body, a line feed in its headers": body(f'{DISPOSITION}"a"\r\nX: "\nb"\r\n', FILE),
    "the boundary in a file": body(f'{DISPOSITION}"f"; filename="a"\r\n\r\nx--limiteur\r\n', FILE),
    "the boundary within a line": body(f'{DISPOSITION}"f"; filename="a"\r\n\r\nx--limite\r\ny\r\n'),
    "the boundary ends a line": body(f'{DISPOSITION}"f"; filename="a"\r\n\r\nx--limite\r\n', FILE),
    "before the form": b"Not read.\r\n" + body(f'{DISPOSITION}"a"\r\n', FILE),
    "cut": body(FILE, end=""),
    "no part": body(),
    "nothing": b"",
    "no form at all": b"<a/>",
    "more than one chunk": body(f'{DISPOSITION}"f"; filename="a"\r\n\r\n' + "x\r\n" * 90_000),
}


def read(parser: type[FormDataParser], sent: bytes, **limits: Any) -> object:
    made = parser(**limits)
    options = {"boundary": BOUNDARY}
    _, form, files = made.parse(io.BytesIO(sent), "multipart/form-data", None, options)
    told = [(name, f.filename, f.stream.read(), f.mimetype) for name, f in files.items(multi=True)]
    return list(form.items(multi=True)), told


@pytest.mark.parametrize("form", READ.values(), ids=READ)
def test_a_form_says_what_werkzeug_says_it_does(form: bytes) -> None:
    assert read(FormParser, form) == read(FormDataParser, form)


@pytest.mark.parametrize("size", [1, 7, 64])
@pytest.mark.parametrize(
    "form", [form for form in READ.values() if len(form) < 1_000], ids=lambda _: ""
)
def test_pieces_of_any_size_make_the_same_form(
    size: int, form: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read(FormParser, form)
    monkeypatch.setattr("depot_flux_simulator.web.forms._CHUNK", size)
    assert read(FormParser, form) == whole


@given(
    pieces=st.lists(st.sampled_from(["\r\n", "\r", "\n", "--limite", "--", "x"]), max_size=12),
    size=st.integers(1, 80),
)
def test_a_file_is_what_was_sent_whatever_it_holds(pieces: list[str], size: int) -> None:
    content = "".join(pieces)
    assume("\r\n--limite" not in f"\r\n{content}")
    sent = body(f'{DISPOSITION}"a"\r\n', f'{DISPOSITION}"f"; filename="a"\r\n\r\n{content}', FILE)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("depot_flux_simulator.web.forms._CHUNK", size)
        fields, files = FormParser().parts(io.BytesIO(sent), BOUNDARY)
    assert fields == [("a", "")]
    assert [file.stream.read() for _, file in files] == [content.encode(), b"<a/>"]


@pytest.mark.parametrize(
    ("limits", "fits", "breaks"),
    [
        ({"max_form_parts": 2}, body(FILE, FILE), body(FILE, FILE, FILE)),
        (
            {"max_form_memory_size": 100_000},
            body(f'{DISPOSITION}"a"\r\n\r\n' + "x" * 100_000),
            body(f'{DISPOSITION}"a"\r\n\r\n' + "x" * 100_001),
        ),
    ],
)
def test_a_form_beyond_its_limits_is_too_large(
    limits: dict[str, int], fits: bytes, breaks: bytes
) -> None:
    read(FormParser, fits, **limits)
    with pytest.raises(RequestEntityTooLarge):
        read(FormParser, breaks, **limits)


@pytest.mark.parametrize("boundary", ["", "é", "x" * 201, "a\nb"])
def test_a_boundary_that_is_none_makes_an_empty_form(boundary: str) -> None:
    stream = io.BytesIO(body(FILE))
    options = {"boundary": boundary}
    _, form, files = FormParser().parse(stream, "multipart/form-data", None, options)
    assert (len(form), len(files)) == (0, 0)
