"""The sample feeds of ``seeds/samples``, served on loopback for the demo and for tests of the whole pipeline.

in -> out: ``seeds/samples/*.yaml`` -> ``http://<host>:<port>/<name>.xml``, RSS 2.0 or Atom, with full texts.

Guarantees: every outlet and every article is invented. A feed begins with its older items (the first fetch of a feed
is backfill and never alerts); from then on it plays a week of news, by default in a minute. An article is dated when it
appears, so the news is always fresh. A reply has ETag and Last-Modified, and 304 is answered where they still hold.

What it does not do: article pages (the feeds carry the full texts) and anything for production.
"""
