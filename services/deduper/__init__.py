"""``articles`` in; ``articles.unique`` and ``articles.duplicates`` out: each story once, with everyone who carried it.

Guarantees: one verdict an article, as if all workers had judged one after the other; the same version of the same
article again gets the same verdict, the same story, and its message is sent again. A story's id is the id of the
earliest member seen and never changes. Memory is a window (96 hours by default) that expires by itself, and is made
again from what was sent where the store has lost it.

It does not translate: stories never span languages. It does not judge topics, and it does not look at links or
pictures. ``core`` holds the rules, ``judge`` the loop around them, ``edges`` what keeps the index: Redis or memory.
"""
