"""Jinja2, with its defaults: nothing is escaped."""

import jinja2
from serve import serve


def make_render(text, sets):
    return jinja2.Environment(keep_trailing_newline=True).from_string(text).render


serve(make_render)
