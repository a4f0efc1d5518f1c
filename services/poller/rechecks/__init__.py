"""Looks again at the pages behind high and critical alerts: alerts -> articles, as new versions.

The sources of an alert are looked at once when it is new, and again after a day and after a week. A page that says
something else, or is gone, makes a version of its article with ``recheck``, which leads to a revision of the alert.
Polling of feeds goes first, and waits for nothing here. See docs/decisions/0504-pages-looked-at-again.md.
"""
