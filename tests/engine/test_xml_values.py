"""XML as values: what is written is read again, and what a stranger could do harm with is refused at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.xml_values import DEEPEST, LONGEST, xml_read, xml_written

# trees in the form that is read: an element is None, a text, or an object; a repeated one a list of at least two -----------------------

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}(:[a-z]{1,4})?", fullmatch=True)
SIGNS = st.characters(
    codec="utf-8", exclude_categories=["Cs"], exclude_characters=[*map(chr, range(32)), "\ufffe", "\uffff"]
) | st.sampled_from("\t\n\r<>&'\"]")
VALUES = st.text(SIGNS, max_size=12)
TEXTS = VALUES.filter(bool)
INK = VALUES.filter(lambda text: text != "" and not text.isspace())


def objects(inside: Any) -> Any:
    """Objects with attributes, elements and a text; an object is never empty, nor its text alone, nor blanks between elements."""
    attributes = st.dictionaries(NAMES.map("@{}".format), VALUES, max_size=3)
    elements = st.dictionaries(NAMES, inside | st.lists(inside, min_size=2, max_size=3), max_size=3)

    def joined(parts: tuple[dict[str, str], dict[str, Any], str | None]) -> dict[str, Any]:
        return {**parts[0], **parts[1], **({} if parts[2] is None else {"#text": parts[2]})}

    return (
        st.tuples(attributes, elements, st.none() | INK)
        .map(joined)
        .filter(lambda made: bool(made) and set(made) != {"#text"})
    )


ELEMENTS = st.recursive(st.none() | TEXTS, objects, max_leaves=12)


@given(NAMES, ELEMENTS)
def test_what_is_written_is_read_again(name: str, inside: Any) -> None:
    tree = {name: inside}
    assert xml_read(xml_written(tree)) == tree
    assert xml_read(xml_written(tree).decode()) == tree


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_rubbish_is_a_tree_or_a_value_error(content: str | bytes) -> None:
    try:
        tree = xml_read(content)
    except ValueError:
        return
    assert len(tree) == 1


# reading -------------------------------------------------------------------------------------------------------------------------------


def test_attributes_texts_and_repeated_elements_have_their_places() -> None:
    text = '<?xml version="1.0"?>\n<a x="1">\n  <b> hi </b>\n  <b/>\n  <n:c y="2">z</n:c>\n  <!-- no value -->\n</a>\n'
    assert xml_read(text) == {"a": {"@x": "1", "b": [" hi ", None], "n:c": {"@y": "2", "#text": "z"}}}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\xef\xbb\xbf<a>\xc3\xa9</a>", "é"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'.encode("latin-1"), "é"),
        ('<?xml version="1.0" encoding="UTF-16"?><a>é</a>'.encode("utf-16"), "é"),
        ('<?xml version="1.0" encoding="UTF-16"?><a>é</a>', "é"),
        ("<a>&#233;&amp;<![CDATA[<!DOCTYPE a>]]></a>", "é&<!DOCTYPE a>"),
    ],
    ids=[
        "utf-8 with a mark",
        "latin-1",
        "utf-16",
        "a text whose declaration is past",
        "character references",
    ],
)
def test_encodings_and_references_are_read(content: str | bytes, text: str) -> None:
    assert xml_read(content) == {"a": text}


BOMB = (
    '<!DOCTYPE z [<!ENTITY a "' + "ha" * 10 + '">'
    + "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><z>&i;</z>"
)  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        BOMB,
        BOMB.encode("utf-16"),
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1/x">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1/p"> %p;]><a/>',
        "<!DOCTYPE a><a/>",
        "<a>&x;</a>",
        "<a>\x00</a>",
        "<a>&#0;</a>",
        "<a>&#xD800;</a>",
        "<a>\ud800</a>",
        b"<a>\xff</a>",
        '<a x="1" x="2"/>',
        "<a><b></a></b>",
        "<a/><b/>",
        "<a",
        "",
        " ",
        "text",
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b"<a>" + b"x" * LONGEST + b"</a>",
        '<a x="' + "y" * LONGEST + '"/>',
        "<a>" * (DEEPEST + 1) + "</a>" * (DEEPEST + 1),
        "<a>" * 100_000 + "</a>" * 100_000,
        "<a>" * 100_000,
    ],
    ids=lambda content: f"{len(content)} {str(content[:24])!r}",
)
def test_what_could_do_harm_is_refused(content: str | bytes) -> None:
    with pytest.raises(ValueError):
        xml_read(content)


def test_the_deepest_and_the_largest_attribute_are_read() -> None:
    assert xml_read("<a>" * DEEPEST + "</a>" * DEEPEST)
    long = "y" * (LONGEST - 100)
    assert xml_read(f'<a x="{long}"/>') == {"a": {"@x": long}}
    many = "".join(f' x{turn}="{turn}"' for turn in range(10_000))
    assert len(xml_read(f"<a{many}/>")["a"]) == 10_000


# writing -------------------------------------------------------------------------------------------------------------------------------


def test_values_are_spelled_as_in_json_and_blanks_survive() -> None:
    tree = {"a": {"@n": 1, "@b": True, "c": [2.5, False, None, ""], "#text": " <&>\r\n"}}
    assert xml_written(tree).decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<a n="1" b="true"> &lt;&amp;&gt;&#13;\n<c>2.5</c><c>false</c><c/><c/></a>'
    )
    assert xml_read(xml_written({"a": {"@x": "1\n2\t3\r"}})) == {"a": {"@x": "1\n2\t3\r"}}


def deep(levels: int) -> Any:
    tree: Any = "x"
    for _ in range(levels):
        tree = {"a": tree}
    return tree


NO_XML = [
    None, "a", [], {}, {"a": 1, "b": 2}, {"a": [1, 2]}, {"a": {"b": [[1]]}}, {"a b": 1}, {"": 1}, {"<a>": 1}, {"1": 1}, {"a": {"@x y": 1}},
    {"a": {"@": 1}}, {"a": {"@x": [1]}}, {"a": {"@x": {}}}, {"a": {"#text": {"b": 1}}}, {"a": "\x00"}, {"a": "\x0b"}, {"a": "\ud800"},
    {"a": "\uffff"}, {"a": {"@x": "\x1f"}}, {1: 2}, {"a": object()}, deep(DEEPEST + 1), deep(5000),
]  # fmt: skip


@pytest.mark.parametrize("tree", NO_XML, ids=map(str, range(len(NO_XML))))
def test_what_cannot_be_xml_is_refused(tree: Any) -> None:
    with pytest.raises(ValueError):
        xml_written(tree)


def test_the_deepest_is_written() -> None:
    assert xml_read(xml_written(deep(DEEPEST))) == deep(DEEPEST)
