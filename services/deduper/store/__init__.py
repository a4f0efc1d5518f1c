"""The index on Redis: one atomic script an article, packed, expiring by itself.

All keys of a language share the hash tag ``{dd:<bucket>}``, so the script works on Redis Cluster; it runs on Redis
7 and 8 and on Valkey 8 and 9. Under ``ww:1:{dd:<bucket>}``:

| key | type | holds |
|---|---|---|
| ``:n`` | string | the last article number |
| ``:<epoch>:<2 bytes>`` | hash | postings: field 4 bytes more, value the owners (number 4 bytes, outlet 1) |
| ``:r:<number / 128>`` | hash | records: field the number's last 7 bits, see ``check_and_insert.lua`` |
| ``:f:<number / 128>`` | hash | facts of the latest version, and of the version before each update |
| ``:story:<id>`` | hash | members, JSON (``services.contracts.stories``) |

Postings are small hashes, which the server keeps as listpacks up to ``hash-max-listpack-entries``.
"""
