"""Styles without what only people need."""

import pytest

from generator.text import without_comments


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("/* one */\na { b: c }", "a { b: c }"),
        ("a {\n  b: c; /* two\n lines */\n  d: e\n}\n", "a {\nb: c; d: e\n}\n"),
        ("a{b:c}/* don't */d{}", "a{b:c}d{}"),
        ('a { content: "/* no */  \\" /*" }', 'a { content: "/* no */  \\" /*" }'),
        ("a { content: '/*' } /* it's */ b {}", "a { content: '/*' } b {}"),
        ("div/* isn't */.x { }", "div/* isn't */.x { }"),
        ("a { background: url(x.png) }", "a { background: url(x.png) }"),
    ],
)
def test_comments_and_indents_go_and_nothing_else(written: str, published: str) -> None:
    assert without_comments(written.encode()).decode() == published
