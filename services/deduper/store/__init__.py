"""The index on Redis: one atomic script for some articles of a language, packed, expiring by itself.

All keys of a language share the hash tag ``{dd:<bucket>}``, so the script works on Redis Cluster; it runs on Redis
7 and 8 and on Valkey 8 and 9. Under ``ww:4:{dd:<bucket>}``:

| key | type | holds |
|---|---|---|
| ``:n``, ``:c`` | string | the last number of an owner of a text, and of a copy; they outlive what is numbered |
| ``:s:<18 bits>`` | string | postings of anchors: entries of 16 more bits, owner, outlet, epoch |
| ``:x:<16 bits>`` | string | the same of addresses, exact texts and titles, with 32 more bits |
| ``:t:<16 bits>`` | string | the same of terms: the stories they stand in |
| ``:r:<number / 64>`` | hash | records: field the number's last 6 bits |
| ``:u:...`` | hash | the further versions of articles that have been updated |
| ``:f:...`` | hash | facts of the latest version that was no copy |
| ``:b:...`` | hash | by version: what an update replaced, the words an event link rests on |
| ``:p:...`` | hash | by a story's first member: the numbers of its other representatives |
| ``:v:<number / 34>`` | string | vectors of terms and sketches, in slots of one size |
| ``:w:...`` | hash | the rest of a long text's sketch; all of it for an update of what was a copy |
| ``:story:<id>`` | hash | members, packed (``services.contracts.stories``) |

One ``MGET`` reads the postings of an article's address, text and title, one those of its anchors where these do not
settle it, one those of its terms. The sketches of the texts that share most of its anchors are then read, to be
compared with its own.

A string of postings is made as long as the server sets aside for it anyway, and an entry is written into what is free
of it: one that grows would be given twice the room it needs. When nothing is free, an entry of a term takes the place
of one that is no longer read, or the string is written anew, without what is no longer read. Its time to live is set
then, and again where that was more than a third of the window ago, and outlives all that is entered until then: so the
window expires by itself.

Records and facts stay under ``hash-max-listpack-value`` (64 bytes) and their hashes
under ``hash-max-listpack-entries`` (128), so the server keeps them as listpacks: half of the memory otherwise needed.
"""
