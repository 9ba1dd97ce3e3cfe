"""Many contacts: every form in which people have them, what is told of a bad line, and that a good one is never lost."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.contacts import contact_from, contacts_in, read_contacts
from workbench.models.base import Problem
from workbench.models.contact import Contact
from workbench.models.integration import IdentifierType

EMAIL = IdentifierType()
PHONE = IdentifierType(kind="phone")
CUSTOM = IdentifierType(kind="custom", name="Customer_ID")
ADA = Contact(identifiers={"email": "ada@example.com"}, variables={"name": "Ada"})
BOB = Contact(identifiers={"email": "bob@example.com"}, variables={"name": "Bob"})


def flat(*contacts: Contact) -> list[dict]:
    return [{**contact.identifiers, **contact.variables} for contact in contacts]


FORMS = {
    "json lines": "\n".join(json.dumps(item) for item in flat(ADA, BOB)),
    "json lines with blank lines": "\n\n".join(json.dumps(item) for item in flat(ADA, BOB)) + "\n\n",
    "json lines with commas": ",\n".join(json.dumps(item) for item in flat(ADA, BOB)),
    "objects on one line": "".join(json.dumps(item) for item in flat(ADA, BOB)),
    "indented objects": "\n".join(json.dumps(item, indent=2) for item in flat(ADA, BOB)),
    "a list": json.dumps(flat(ADA, BOB)),
    "an indented list": json.dumps(flat(ADA, BOB), indent=2),
    "a list with one object a line": "[\n" + ",\n".join(map(json.dumps, flat(ADA, BOB))) + "\n]\n",
    "whole contacts": "\n".join(one.model_dump_json() for one in (ADA, BOB)),
    "csv": "email,name\nada@example.com,Ada\nbob@example.com,Bob\n",
    "semicolons": "email;name\nada@example.com;Ada\nbob@example.com;Bob",
    "tabs": "name\temail\nAda\tada@example.com\nBob\tbob@example.com",
    "bars": "name|email\nAda|ada@example.com\nBob|bob@example.com",
    "other letters": "E-Mail,Name\n".replace("E-Mail", "EMAIL").replace("Name", "name")
    + "ada@example.com,Ada\nbob@example.com,Bob\n",
    "quotes": '"email","name"\n"ada@example.com","Ada"\n"bob@example.com","Bob"\n',
    "blank rows": "\nemail,name\n\nada@example.com,Ada\n , \n\nbob@example.com,Bob\n,\n",
}


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_holds_the_same_contacts(form, end, mark):
    pasted = read_contacts(mark + FORMS[form].replace("\n", end), EMAIL)
    assert pasted.problems == ()
    assert pasted.contacts == (ADA, BOB)
    assert pasted.total == 2


@pytest.mark.parametrize("text", ["", " ", "\n\r\n\t", "\ufeff", "[]", "[\n]\n", "email,name\n"])
def test_where_nothing_is_nothing_is_told(text):
    assert read_contacts(text, EMAIL).total == 0


def test_one_identifier_a_line():
    pasted = read_contacts(" ada@example.com\n\nnobody\nbob@example.com ", EMAIL)
    assert [one.identifiers for one in pasted.contacts] == [
        {"email": "ada@example.com"},
        {"email": "bob@example.com"},
    ]
    (problem,) = pasted.problems
    assert (problem.field, problem.line) == ("identifier", 3)
    assert "“nobody” is not an email address" in str(problem.sentence)
    assert pasted.total == 3


def test_a_list_of_identifiers():
    pasted = read_contacts('["+46701234567", "0701234567", "+46701234568"]', PHONE)
    assert [one.identifiers["phone"] for one in pasted.contacts] == ["+46701234567", "+46701234568"]
    assert "international form" in str(pasted.problems[0].sentence)


def test_in_a_table_everything_is_text():
    text = 'phone,zip,n,none,note\n+46701234567,00123,1e5,,"two\nlines, and ""quotes"""\n'
    (contact,) = read_contacts(text, PHONE).contacts
    assert contact.identifiers == {"phone": "+46701234567"}
    assert contact.variables == {"zip": "00123", "n": "1e5", "none": "", "note": 'two\nlines, and "quotes"'}


def test_in_json_everything_keeps_its_type():
    text = '{"email": "ada@example.com", "n": 2, "ok": true, "tags": ["a"], "order": {"total": 1.5}, "none": null}'
    (contact,) = read_contacts(text, EMAIL).contacts
    assert contact.variables == {
        "n": 2,
        "ok": True,
        "tags": ["a"],
        "order": {"total": 1.5},
        "none": None,
    }


def test_identifier_types_are_identifiers_whichever_is_asked_for():
    text = "Phone;EMAIL;customer_id;name\n+46701234567;ada@example.com;00a;Ada"
    (contact,) = read_contacts(text, CUSTOM).contacts
    assert contact.identifiers == {"phone": "+46701234567", "email": "ada@example.com", "Customer_ID": "00a"}
    assert contact.variables == {"name": "Ada"}


def test_a_number_may_be_a_custom_identifier_but_no_phone_number():
    assert read_contacts('{"Customer_ID": 4711}', CUSTOM).contacts[0].identifiers == {"Customer_ID": "4711"}
    for value in ("46701234567", "4.5", "true", "[1]"):
        (problem,) = read_contacts(f'{{"phone": {value}}}', PHONE).problems
        assert "Write it in double quotes" in str(problem.sentence)


def test_a_whole_contact_keeps_its_parts():
    whole = Contact(
        label="Ada",
        identifiers={"email": "ada@example.com", "Loyalty": "7"},
        variables={"email": "another", "identifiers": [1]},
        user_data={"feed": {"colour": "red"}},
    )
    assert read_contacts(whole.model_dump_json(), EMAIL).contacts == (whole,)


def test_variables_may_have_the_names_of_parts():
    (contact,) = read_contacts('{"email": "ada@example.com", "variables": {"a": 1}}', EMAIL).contacts
    assert contact.variables == {"variables": {"a": 1}}


@pytest.mark.parametrize(
    ("line", "part", "column"),
    [
        ('{"email": "carl@example.com"', "{ of line 2, column 1 is open. Add }", 29),
        ('{"email": "carl@example.com}', "never closed", 11),
        ('{"email": carl@example.com}', "in double quotes", 11),
        ('{"email": "carl@example.com", "n": NaN}', "JSON has no NaN", 36),
        ('{"email": "carl@example.com", "n": 1e999}', "larger than readers", 36),
        ('{"email": "carl@example.com", "email": "eve@example.com"}', "stands twice", 31),
        (r'{"email": "carl@example.com", "n": "\ud800"}', "half of a character", 37),
        ('{"email": "carl@example.com", "n": "\udce9"}', "not UTF-8", None),
        ('{"email": "carl@example.com"}}', "“}”", 30),
        ('{"email": "carl@example.com"}, "name": "Carl"}', "“,”", 30),
        ("nonsense", "nonsense", 1),
        ("17", "in double quotes; this is neither", None),
        ('{"mail": "carl@example.com"}', "no identifier “email”", None),
        ('{"Email": "carl@example.com"}', "case-sensitive", None),
        ('{"email": "carl"}', "is not an email address", None),
        ('{"email": null}', "no identifier", None),
        ('{"identifiers": {"email": 5}}', "“identifiers.email” does not fit", None),
        ('{"identifiers": {"email": "carl@example.com"}, "name": "Carl"}', "“name” does not fit", None),
        ('{"n": ' + "[" * 200 + "]" * 200 + "}", "flatter", None),
    ],
)
def test_a_bad_line_of_json_is_told_and_the_others_are_read(line, part, column):
    good = [json.dumps(item) for item in flat(ADA, BOB)]
    pasted = read_contacts("\n".join([good[0], line, good[1]]), EMAIL)
    assert pasted.contacts == (ADA, BOB)
    problem = pasted.problems[0]
    assert problem.line == 2
    assert part in str(problem.sentence)
    assert (
        column is None or problem.column in (column, None) or "Add }" in str(problem.sentence) or part == "}"
    )
    assert pasted.total == 2 + len(pasted.problems)


def test_the_column_of_a_fault_is_where_it_stands():
    pasted = read_contacts('  {"email": "ada@example.com"} {"email": oops}', EMAIL)
    (problem,) = pasted.problems
    assert (problem.line, problem.column) == (1, 42)


@pytest.mark.parametrize(
    "broken",
    [
        '  {\n    "email": "carl@example.com"\n',
        '  {\n    "email": "carl@example.com\n  },\n',
        '  {\n    "email": "carl@example.com",\n  }},\n',
        '  {\n    "email": ["carl@example.com"\n  },\n',
        "  oops,\n",
    ],
)
def test_a_broken_item_of_an_indented_list_is_told_and_the_others_are_read(broken):
    first, second = (json.dumps(item, indent=2).replace("\n", "\n  ") for item in flat(ADA, BOB))
    pasted = read_contacts(f"[\n  {first},\n{broken}  {second}\n]\n", EMAIL)
    assert pasted.contacts == (ADA, BOB)
    assert 6 <= pasted.problems[0].line <= 8


def test_a_broken_indented_object_ends_where_the_next_begins():
    first, second = (json.dumps(item, indent=2) for item in flat(ADA, BOB))
    pasted = read_contacts(f'{first}\n{{\n  "email": "carl@example.com",\n{second}\n', EMAIL)
    assert pasted.contacts == (ADA, BOB)
    assert len(pasted.problems) == 1


@pytest.mark.parametrize("indent", ["", "  "])
@pytest.mark.parametrize("after", ["", "oops", '"x": NaN,'])
def test_who_is_named_inside_of_a_contact_is_not_written_to(after, indent):
    """Not even where nothing is indented, and where the contact itself cannot be read."""
    text = f"""{{
{indent}"email": "ada@example.com",
{indent}"friends": [
{indent}{{"email": "eve@example.com"}},
{indent}{{
{indent}"email": "mallory@example.com", "of":
{indent}{{"email": "eve@example.com"}}
{indent}}}
{indent}], {after}
{indent}"name": "Ada"
}}"""
    for whole in (text, f"[{text}]", f"[\n{text}\n]"):
        pasted = read_contacts(whole, EMAIL)
        assert [one.identifiers["email"] for one in pasted.contacts] == ([] if after else ["ada@example.com"])
        assert len(pasted.problems) == bool(after)


@pytest.mark.parametrize(
    ("text", "part", "line"),
    [
        ('["ada@example.com",\n', "never closed", 1),
        ('["ada@example.com"]\n\nmore', "“more”", 3),
        ('["ada@example.com"] more', "“more”", 1),
    ],
)
def test_a_list_has_an_end(text, part, line):
    pasted = read_contacts(text, EMAIL)
    assert len(pasted.contacts) == 1
    (problem,) = pasted.problems
    assert part in str(problem.sentence)
    assert problem.line == line


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ("carl@example.com", "1 cells, the first row 2"),
        ("carl@example.com,Carl,more", "3 cells"),
        (",Carl", "no identifier"),
        ("carl,Carl", "is not an email address"),
        ('carl@example.com,"Carl', "double quotes"),
        ('"carl@example.com"x,Carl', "double quotes"),
        ("carl@example.com,\udce9", "not UTF-8"),
        ("carl@example.com," + "x" * 200_000, "double quotes"),
    ],
)
def test_a_bad_row_is_told_and_the_others_are_read(row, part):
    pasted = read_contacts(f'email,name\nada@example.com,Ada\n{row}\nbob@example.com,"Bob"\n', EMAIL)
    assert pasted.contacts == (ADA, BOB)
    (problem,) = pasted.problems
    assert problem.line == 3
    assert part in str(problem.sentence)
    assert pasted.total == 3


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("email,name,name", "Two columns are called “name”"),
        ("email,E-MAIL".replace("-", ""), "Two columns are called “email”"),
        ("email,,name", "Column 2 has no name"),
        ("mail,name", "No column is called “email”"),
        ("phone,name", "No column is called “email”"),
        ("ada@example.com;Ada", "The first row has to name the columns"),
        ('email,"name', "double quotes"),
    ],
)
def test_under_a_header_that_cannot_be_relied_on_no_row_is_read(header, part):
    pasted = read_contacts(f"{header}\nada@example.com,Ada,x\n", EMAIL)
    assert pasted.contacts == ()
    assert part in str(pasted.problems[0].sentence)
    assert pasted.problems[0].line == 1


def test_at_most_a_hundred_problems_are_kept_and_all_are_counted():
    pasted = read_contacts("\n".join(["nobody"] * 1_000 + ["ada@example.com"]), EMAIL)
    assert len(pasted.problems) == 100
    assert (len(pasted.contacts), pasted.total) == (1, 1_001)


def test_a_long_value_is_never_repeated_whole():
    secret = "SG." + "planted" * 20
    for text in (
        secret,
        json.dumps({"email": secret}),
        f"email,x\n{secret},1",
        f'{{"x": {secret}}}',
        f"{secret},x",
    ):
        pasted = read_contacts(text, EMAIL)
        assert pasted.problems
        assert secret not in pasted.model_dump_json()


def test_a_quote_that_is_never_closed_costs_one_contact_of_a_long_table():
    rows = ["ada@example.com,Ada"] * 20_000
    rows[5] = 'ada@example.com,"Ada'
    pasted = read_contacts("\n".join(["email,name", *rows]), EMAIL)
    assert len(pasted.contacts) == 19_999
    assert [problem.line for problem in pasted.problems] == [7]


def test_a_bracket_that_is_never_closed_costs_one_contact_of_a_long_list():
    rows = [json.dumps({"email": "ada@example.com"})] * 5_000
    rows[5] = '{"email": "ada@example.com", "tags": [1, 2}'
    pasted = read_contacts("[" + ",\n".join(rows) + "]", EMAIL)
    assert len(pasted.contacts) == 4_999
    assert [problem.line for problem in pasted.problems] == [6]


def test_what_is_too_long_for_a_contact_is_not_gathered():
    assert "longer than" in str(read_contacts('{"x": "' + "x" * 2_000_000 + '"}', EMAIL).problems[0].sentence)
    lines = [
        '{"email": "ada@example.com", "tags": [\n',
        *(['"' + "x" * 1000 + '",\n'] * 2_000),
        '{"email": "bob@example.com"}',
    ]
    found = list(contacts_in(lines, EMAIL))
    assert "longer than" in str(found[0].sentence)
    assert found[1:] == [Contact(identifiers={"email": "bob@example.com"})]


@pytest.mark.parametrize("form", ["json lines", "a list", "csv", "lines"])
def test_memory_is_flat(form):
    def lines(count: int) -> Iterator[str]:
        if form == "a list":
            yield "[\n"
        if form == "csv":
            yield "Customer_ID,name\n"
        for number in range(count):
            row = json.dumps({"Customer_ID": f"c{number}", "name": "x" * 500})
            yield {"json lines": f"{row}\n", "a list": f"{row},\n", "lines": f"c{number}\n"}.get(
                form, f"c{number},{'x' * 500}\n"
            )

    def peak(count: int) -> int:
        tracemalloc.start()
        assert sum(isinstance(one, Contact) for one in contacts_in(lines(count), CUSTOM)) == count
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    peak(100)
    assert peak(4_000) < peak(1_000) + 50_000


# -- properties ------------------------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
IDENTIFIERS = st.from_regex(r"[A-Za-z0-9+._-]{1,20}", fullmatch=True)
CONTACTS = st.builds(
    Contact,
    label=TEXTS,
    identifiers=st.dictionaries(NAMES, TEXTS, max_size=2).flatmap(
        lambda others: IDENTIFIERS.map(lambda value: {**others, "Customer_ID": value})
    ),
    variables=st.dictionaries(NAMES, VALUES, max_size=4),
    user_data=st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=2), max_size=2),
)


@given(st.lists(CONTACTS, max_size=5), st.booleans(), st.booleans())
def test_contacts_come_back_from_json_lines_and_from_a_list(contacts, ascii_only, listed):
    documents = [contact.model_dump() for contact in contacts]
    text = (
        json.dumps(documents, ensure_ascii=ascii_only, indent=2)
        if listed
        else "\n".join(json.dumps(item, ensure_ascii=ascii_only) for item in documents)
    )
    pasted = read_contacts(text, CUSTOM)
    assert pasted.problems == ()
    assert pasted.contacts == tuple(contacts)


COLUMNS = (
    NAMES.map(str.strip)
    .filter(bool)
    .filter(lambda name: name.casefold() not in ("email", "phone", "email_sha256", "customer_id"))
)


@given(st.data(), st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["\n", "\r\n"]))
def test_contacts_come_back_from_a_table(data, delimiter, end):
    columns = data.draw(st.lists(COLUMNS, max_size=4, unique=True))
    rows = data.draw(st.lists(st.tuples(IDENTIFIERS, st.tuples(*[TEXTS for _ in columns])), max_size=5))
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(["customer_id", *columns])
    writer.writerows([[identifier, *cells] for identifier, cells in rows])
    pasted = read_contacts(file.getvalue(), CUSTOM)
    assert pasted.problems == ()
    assert [(one.identifiers, one.variables) for one in pasted.contacts] == [
        ({"Customer_ID": identifier}, dict(zip(columns, cells, strict=True))) for identifier, cells in rows
    ]


NEARLY = st.lists(
    st.sampled_from(
        ["email", ",", ";", "\t", "\n", "\r", '"', '""', "{", "}", "[", "]", ":", "ada@example.com", "\\", "\ufeff", "\ud800", "1e999", " "]
    ),
    max_size=30,
).map("".join)  # fmt: skip


@given(st.text() | NEARLY, st.sampled_from([EMAIL, PHONE, CUSTOM, IdentifierType(kind="custom")]))
def test_no_text_raises_and_the_count_adds_up(text, identifier):
    pasted = read_contacts(text, identifier)
    assert pasted.total >= len(pasted.contacts) + len(pasted.problems)
    assert len(pasted.problems) == min(100, pasted.total - len(pasted.contacts))
    for problem in pasted.problems:
        assert str(problem.sentence)
        assert 1 <= problem.line <= 1 + text.count("\n") + text.count("\r")
    for contact in pasted.contacts:
        assert contact.identifiers[identifier.key]
        contact.model_dump_json()


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*flat(ADA, BOB)]), NEARLY.filter(lambda text: not set("\n\r{") & set(text))
        )
    )
)
def test_no_bad_line_takes_a_good_line_of_json_with_it(lines):
    text = "\n".join(f"{json.dumps(good)}\n{bad}" for good, bad in lines)
    contacts = [one for one in read_contacts(text, EMAIL).contacts if one.variables]
    assert [one.variables["name"] for one in contacts] == [good["name"] for good, _ in lines]


@given(VALUES)
def test_any_json_value_is_a_contact_or_a_sentence(value):
    found = contact_from(value, CUSTOM)
    assert isinstance(found, Contact) or str(found)


def test_a_problem_is_a_problem_of_its_own():
    (problem,) = contacts_in(iter(["nobody"]), EMAIL)
    assert isinstance(problem, Problem)
    assert problem.blocks
