"""The regular forms of an English word, so that a pack says ``sign~`` and means sign, signs, signed, signing.

Both verb and noun endings are made: a form that is no word matches nothing. Irregular words of our field are listed.
"""

_IRREGULAR = """
be am is are was were been being
become becomes became becoming
begin begins began begun beginning
break breaks broke broken breaking
bring brings brought bringing
build builds built building
buy buys bought buying
catch catches caught catching
come comes came coming
cut cuts cutting
draw draws drew drawn drawing
fight fights fought fighting
find finds found finding
forge forges forged forging
get gets got gotten getting
give gives gave given giving
go goes went gone going
grow grows grew grown growing
have has had having
hit hits hitting
hold holds held holding
keep keeps kept keeping
lay lays laid laying
lead leads led leading
leave leaves left leaving
make makes made making
meet meets met meeting
put puts putting
quit quits quitting
rebuild rebuilds rebuilt rebuilding
ride rides rode riding
run runs ran running
seek seeks sought seeking
send sends sent sending
set sets setting
shoot shoots shot shooting
sink sinks sank sunk sinking
speak speaks spoke spoken speaking
split splits splitting
stand stands stood standing
steam steams steamed steaming
strike strikes struck striking
take takes took taken taking
tear tears tore torn tearing
tell tells told telling
think thinks thought thinking
throw throws threw thrown throwing
undergo undergoes underwent undergone undergoing
uphold upholds upheld upholding
win wins won winning
freeze freezes froze frozen freezing
fall falls fell fallen falling
rise rises rose risen rising
drive drives drove driven driving
flee flees fled fleeing
shake shakes shook shaken shaking
spend spends spent spending
pay pays paid paying
say says said saying
sell sells sold selling
bind binds bound binding
bury buries buried burying
overtake overtakes overtook overtaken overtaking
steal steals stole stolen stealing
swear swears swore sworn swearing
upset upsets upsetting
let lets letting
bet bets betting
beat beats beat beaten beating
burn burns burned burning
blow blows blew blown blowing
shut shuts shutting
see sees saw seen seeing
swoop swoops swooped swooping
thaw thaws thawed thawing
withdraw withdraws withdrew withdrawn withdrawing
write writes wrote written writing
""".split("\n")
_FORMS = {line.split()[0]: tuple(line.split()) for line in _IRREGULAR if line}
_IRREGULAR_PLURALS = {"man": "men", "craft": "craft", "aircraft": "aircraft", "ally": "allies"}
_VOWELS = frozenset("aeiou")
# Two-syllable words with the stress at the end double their last letter, too.
_DOUBLED = frozenset(
    "commit recommit permit submit admit refer transfer deter occur compel expel propel control patrol rebel rappel"
    " annul initial fulfil label cancel signal".split()
)


def verb_forms(word: str) -> dict[str, str]:
    """Every form of a verb with what it can be: ``base``, ``s``, ``past``, ``participle``, ``ing``; ``ed`` is both."""
    made = _FORMS.get(word) or _regular(word)
    found = {made[0]: "base"}
    ends = [form for form in made[1:] if form.endswith("ing")]
    found.update(dict.fromkeys(ends, "ing"))
    rest = [form for form in made[1:] if form not in ends]
    if rest:
        found[rest[0]] = "s"
    if len(rest) == 1:  # hit, put, quit: the past looks like the base
        found[made[0]] = "base_or_ed"
    elif len(rest) == 2:
        found[rest[1]] = "ed"
    else:
        found.update({rest[1]: "past"} | dict.fromkeys(rest[2:], "participle"))
    return found


def plural(word: str) -> str:
    """The plural of a noun."""
    return _IRREGULAR_PLURALS.get(word) or _regular(word)[1]


def forms(word: str) -> tuple[str, ...]:
    """The word and its inflected forms, the word first, in its own case."""
    lowered = word.lower()
    made = _FORMS.get(lowered) or _regular(lowered)
    rest = [word[: _shared(word, form)] + form[_shared(word, form) :] for form in made if form != lowered]
    return (word, *dict.fromkeys(rest))


def _shared(word: str, form: str) -> int:
    count = 0
    for left, right in zip(word.lower(), form, strict=False):
        if left != right:
            break
        count += 1
    return count


def _regular(word: str) -> tuple[str, ...]:
    if len(word) < 3:
        return (word, word + "s")
    last, before = word[-1], word[-2]
    if last == "y" and before not in _VOWELS:
        return (word, word[:-1] + "ies", word[:-1] + "ied", word + "ing")
    plural = word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")
    if last == "e":
        stem = word if word.endswith(("ee", "oe", "ye")) else word[:-1]
        return (word, plural, word + "d", stem + "ing")
    if _doubles(word):
        return (word, plural, word + last + "ed", word + last + "ing")
    return (word, plural, word + "ed", word + "ing")


def _doubles(word: str) -> bool:
    if word in _DOUBLED:
        return True
    one_vowel = sum(letter in _VOWELS for letter in word) == 1
    return one_vowel and len(word) <= 5 and word[-1] not in "aeiouwxy" and word[-2] in _VOWELS
