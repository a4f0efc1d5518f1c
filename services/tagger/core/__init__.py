"""The pure part: packs as values, one automaton, sentences, rules, tags. No I/O, no clock, no logging."""
