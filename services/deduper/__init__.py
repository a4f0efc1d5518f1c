"""``articles`` in; ``articles.unique`` and ``articles.duplicates`` out: each story once, with everyone who carried it.

Guarantees: one verdict per article, as if all workers had judged one after the other. The same version of an article
gets the same verdict and story again, and its message is sent again. A story's id is the id of its earliest member and
never changes. The index covers a window (96 hours by default), expires by itself, and is rebuilt from Kafka if Redis
has lost it.

It does not translate: stories never span languages. It does not judge topics, and it does not look at links or
pictures. ``core`` holds the rules, ``judge`` the loop around them, ``edges`` what keeps the index: Redis or memory.
"""
