"""Faults on purpose: the pipeline on real servers, killed, stopped, starved and cut off, with a ledger of every id.

``make faults`` runs a short form in under ten minutes, ``make faults ARGS=--full`` all; ``--help`` lists the rest.

- ``line``     the processes: broker, store and services under the supervisor of ``wirewatch up``, and how to harm them
- ``pool``     the articles, from one seed, and which of them were handed out
- ``feeds``    feed servers that judge whoever asks them
- ``book``     the ledger: what was sent, and what became of it, read as a stranger reads it
- ``oracle``   what must come out, from the articles alone
- ``bench``    all of that together, with the waits and the measures that rows share
- ``kills``, ``outages``, ``messages``, ``world``   the rows
- ``mutants``  copies of the product with a rule broken on purpose: the ledger must see each
- ``report``   the table
"""
