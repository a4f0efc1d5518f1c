"""The words by which a language says who, whom, whether and how far: data only, from ``grammar.yaml`` of the language.

Words are folded (see :mod:`services.tagger.core.fold`). What each class is for stands in ``docs/languages.md``.
"""

from typing import Any, Literal

from msgspec import Struct, convert

from services.contracts.messages import EVENT_MODES, EventMode
from services.tagger.core.documents import Document

Words = frozenset[str]

ENGLISH = "en"


class Grammar(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Word classes of one language. All but ``language`` may be left out.

    ``order``: where subject, verb and object stand. ``voices``: English tells the voice of a verb by its ``form``; in
    other languages the ``list`` of the pack tells it in which the word stands.
    """

    language: str
    order: Literal["svo", "sov", "vso"] = "svo"
    possessor: Literal["around", "after"] = "around"  # of a noun
    voices: Literal["form", "list"] = "list"
    # How it is written.
    unspaced: bool = False  # no spaces between words: phrases match anywhere, the longest wins
    accents: Literal["folded", "kept"] = "folded"
    same_letters: dict[str, str] = {}  # letters that are read as another one
    latin_names: bool = False  # leaders and ships are written as in English
    first_prefixes: tuple[str, ...] = ()  # what may be written onto the first word of any phrase
    next_prefixes: tuple[str, ...] = ()  # ... onto the others
    suffixes: tuple[str, ...] = ()  # what may be written onto a word with ~
    abbreviations: Words = Words()  # a stop after one of these ends no sentence
    dateline: str = ""  # a regular expression of what opens a report before its first sentence
    # Clauses.
    relative: Words = Words()  # open a clause about what stands before
    subordinate: Words = Words()  # open a clause of their own
    beside: Words = Words()  # of these, those whose clause tells what stands beside the news
    comparing: Words = Words()  # may stand for "like": with one of `compared` beside them they open no clause
    compared: Words = Words()
    background: Words = Words()  # before a noun: only what the news stands beside
    blocking: Words = Words()  # what follows is no direct object
    locative: Words = Words()  # a state after one of these is where, not who
    at_capital: Words = Words()  # a capital after one of these is a place
    by: Words = Words()
    by_after: Words = Words()  # agent markers that stand behind the agent
    passive: Words = Words()  # before a verb: it is done to what stands before
    object_before: Words = Words()  # what stands between one of these and the verb is whom it is done to
    be: Words = Words()
    have: Words = Words()
    conjunction: Words = Words()
    preposition: Words = Words()
    determiner: Words = Words()
    infinitive: Words = Words()  # words after which a verb stands in its plain form
    plain_verb: Words = Words()  # after these a verb may stand in its plain form
    including: Words = Words()
    content: Words = Words()  # open a clause whose pronoun is the subject of the clause before: "said that it would"
    same_verb: Words = Words()  # leave a verb what it is: "agreed to", not "searches for"
    function: Words = Words()
    in_group: Words = Words()  # of these, those inside a noun's group: "the", "its"
    possessive: Words = Words()  # pronouns that say whose: "its"
    adverb: Words = Words()  # may stand between a verb and what bears on it
    adverb_endings: tuple[str, ...] = ()  # how others end
    # Modes.
    negation: Words = Words()
    denying: Words = Words()  # verbs of speech: what is told after them is not so
    retracting: Words = Words()  # ... is no longer told: "deletes claim that"
    helping: Words = Words()  # after "to" and before a verb in its plain form: "to help X reopen"
    causing: Words = Words()  # before whom and a verb in its plain form: "eyes having troops protect"
    negated_inside: tuple[str, ...] = ()  # what a verb that denies has inside: Turkish katil-may-acak
    auxiliaries: dict[str, EventMode] = {}  # and the mode they give: "will", "should", "must"
    will: Words = Words()  # of these, those of intent
    expert: Words = Words()  # what could be, as one of these says, is opinion
    would: Words = Words()  # auxiliaries of what is supposed, or was told as a plan
    condition: Words = Words()
    lasting: Words = Words()  # what goes on is no news
    future: tuple[str, ...] = ()  # how verbs begin that tell what will be
    to: str = ""
    mode_words: dict[str, EventMode] = {}  # governors, and the mode they give to what they govern
    mode_prefixes: tuple[tuple[str, EventMode], ...] = ()  # how governors begin, where the file says planir*
    mode_heads: dict[str, EventMode] = {}  # nouns after an act's noun, and the mode they give to it
    gerunds: dict[str, EventMode] = {}  # words right before a verb's noun form, and the mode they give it
    about_heads: Words = Words()  # nouns before "of", "on", "into" and an act: told after it, not the act
    concerning: Words = Words()  # before a plural: acts of a kind, not one
    judging: Words = Words()  # after an act: it is judged
    fresh: Words = Words()  # beside an act: it is a new one
    days: Words = Words()
    carrying_out: Words = Words()  # before or after a plural act: there are new ones
    number: Words = Words()
    indefinite: Words = Words()  # before a participle: an adjective
    reaching: Words = Words()  # an end is reached: told in the present it has happened
    vowing: Words = Words()  # governors by which who plans to harm threatens
    staged: Words = Words()  # after a verb: it is only acted or shown, "in animated video"
    unreal: Words = Words()  # after an act's noun: it is not so
    real: Words = Words()  # ... after "not": "not possible", "not planned"
    almost: Words = Words()  # before a verb: it was not so
    coming: Words = Words()  # after an act: it is still to come
    ages: Words = Words()  # before "after" and "since": what follows is long past
    reacting: Words = Words()  # verbs whose subject only speaks of an act: "condemns the strike"
    needs_to: Words = Words()  # governors only with one of `purpose` after them
    purpose: Words = Words()
    particles: Words = Words()  # make another verb of a governor: "calls at", "forces back"
    sending: Words = Words()  # with a purpose after them: what they are sent for is under way
    terms: Words = Words()  # before "to": who gives them demands it of who gets them
    deals: Words = Words()  # after a state: "Pakistan secures Iran deal to send ships" is Pakistan's
    visiting: Words = Words()  # before a state: who visits it does what is told
    others: Words = Words()  # states that are not named: who speaks of them does nothing
    letting: Words = Words()  # whose subject lets or bars another: "lets US use bases"
    accusing: Words = Words()  # "accuses X of seizing": told as done
    effects: Words = Words()  # after an act's noun: the news is what the act does to others
    preventing: Words = Words()
    # Parties.
    stands_for: Words = Words()  # nouns after a bloc's name that are the bloc acting
    after_verb: Words = Words()  # no noun in the plural stands before these
    former: Words = Words()
    partner: Words = Words()  # before who does it together with the subject: "Iraq works with Iran to reopen"
    directed: Words = Words()  # before a party, beside `to` and `partner`: what is the doer's own goes there
    singular: Words = Words()  # names of one state that end as a plural does: "US"
    affairs: Words = Words()  # nouns that a state's name only says more of: "Iran war"
    no_object: Words = Words()  # prepositions after which nobody stands to whom an act is done
    says: Words = Words()
    pronouns: Words = Words()
    bound: Words = Words()
    casualties: Words = Words()
    everyday: Words = Words()  # nouns in news of every sort: they make no sentence worth a look by themselves
    opinion_openings: tuple[str, ...] = ()
    opinion_labels: tuple[str, ...] = ()  # no colon parts an act from them
    fact_questions: tuple[str, ...] = ()
    bloc_again: tuple[str, ...] = ()  # take up a bloc that was named before
    states_again: tuple[str, ...] = ()  # take up states that were named before

    def is_adverb(self, word: str) -> bool:
        """Whether it only says how or when."""
        return word in self.adverb or word.endswith(self.adverb_endings)

    def mode_of_word(self, word: str) -> EventMode | None:
        """The mode that a governor gives."""
        found = self.mode_words.get(word)
        if found is None and self.mode_prefixes:
            return next((mode for prefix, mode in self.mode_prefixes if word.startswith(prefix)), None)
        return found


_BY_MODE = ("auxiliaries", "mode_words", "mode_heads", "gerunds")


def read_grammar(document: Document) -> Grammar:
    """The grammar in a document that its schema allows: there words stand by mode, here modes by word."""
    value: dict[str, Any] = dict(document.value)
    for key in _BY_MODE:
        value[key] = _modes_of(value.get(key, {}))
    words = value["mode_words"]
    prefixes = [(word[:-1], words.pop(word)) for word in list(words) if word.endswith("*")]
    value["mode_prefixes"] = sorted(prefixes, key=lambda pair: -len(pair[0]))
    return convert(value, Grammar)


def _modes_of(by_mode: dict[EventMode, list[str]]) -> dict[str, EventMode]:
    return {word: mode for mode in EVENT_MODES for word in by_mode.get(mode, ())}
