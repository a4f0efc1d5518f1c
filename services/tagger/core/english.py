"""The words by which English says who, whom, whether and how far: data only, read by the engine as a :class:`Grammar`.

Another language is another instance. Words are folded: lower case, without accents. Sources: the closed classes of
English (prepositions, conjunctions, auxiliaries) as in the Cambridge Grammar; the rest are the verbs and nouns by which
news reports intent, threat, demand, refusal and opinion.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.contracts.messages import EVENT_MODES, EventMode


@dataclass(frozen=True, slots=True)
class Grammar:
    """Word classes of one language."""

    relative: frozenset[str]  # open a clause about what stands before
    subordinate: frozenset[str]  # open a clause of their own
    comparing: frozenset[str]  # words that may stand for "like": with one of `compared` beside them they open no clause
    compared: frozenset[str]
    background: frozenset[str]  # before a noun: only what the news stands beside
    blocking: frozenset[str]  # what follows is no direct object
    locative: frozenset[str]  # a state after one of these is where, not who
    by: frozenset[str]
    be: frozenset[str]
    have: frozenset[str]
    negation: frozenset[str]
    will: frozenset[str]
    may: frozenset[str]
    would: frozenset[str]
    should: frozenset[str]
    must: frozenset[str]
    condition: frozenset[str]
    conjunction: frozenset[str]
    preposition: frozenset[str]
    determiner: frozenset[str]
    infinitive: frozenset[str]  # words after which a verb stands in its plain form
    plain_verb: frozenset[str]  # after these a verb may stand in its plain form
    including: frozenset[str]
    lasting: frozenset[str]  # what goes on is no news
    function: frozenset[str]
    to: str
    mode_words: dict[str, EventMode]  # governors, by the mode they give to what they govern
    mode_heads: dict[str, EventMode]  # nouns after an act's noun, by the mode they give to it
    gerunds: dict[str, EventMode]  # words right before a verb's noun form, and the mode they give it
    within_group: frozenset[str]  # function words that do not end a noun's group
    about_heads: frozenset[str]  # nouns before "of", "on", "into" and an act: told after it, not the act
    concerning: frozenset[str]  # before a plural: acts of a kind, not one
    judging: frozenset[str]  # after an act: it is judged
    sending: frozenset[str]  # with a purpose after them: what they are sent for is under way
    content: frozenset[str]  # open a clause whose pronoun is the subject of the clause before: "said that it would"
    accusing: frozenset[str]  # "accuses X of seizing": told as done
    effects: frozenset[str]  # after an act's noun: the news is what the act does to others
    fresh: frozenset[str]  # beside an act: it is a new one
    days: frozenset[str]
    carrying_out: frozenset[str]  # before or after a plural act: there are new ones
    number: frozenset[str]
    indefinite: frozenset[str]  # before a participle: an adjective
    reaching: frozenset[str]  # an end is reached: told in the present it has happened
    needs_to: frozenset[str]  # governors only with "to", "for" or "on" after them
    same_verb: frozenset[str]  # leave a verb what it is: "agreed to", not "searches for"
    particles: frozenset[str]  # make another verb of a governor: "calls at", "forces back"
    preventing: frozenset[str]
    stands_for: frozenset[str]  # nouns after a bloc's name that are the bloc acting
    after_verb: frozenset[str]  # no noun in the plural stands before these
    former: frozenset[str]
    says: frozenset[str]
    pronouns: frozenset[str]
    bound: frozenset[str]
    casualties: frozenset[str]
    everyday: frozenset[str]  # nouns in news of every sort: they make no sentence worth a look by themselves
    opinion_openings: tuple[str, ...]
    opinion_labels: tuple[str, ...]  # no colon parts an act from them
    news_labels: tuple[str, ...]  # in capitals before a colon, but no name
    fact_questions: tuple[str, ...]
    bloc_again: tuple[str, ...]  # take up a bloc that was named before
    states_again: tuple[str, ...]  # take up states that were named before


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


def _modes(**words: str) -> dict[str, EventMode]:
    return {word: mode for mode in EVENT_MODES for word in words.get(mode, "").split()}


_PREPOSITIONS = (
    "of in on at to for from with by into onto upon against over under after before during since until till between"
    " among amid amidst despite through throughout across around near off toward towards about without within beyond"
    " behind beside along aboard via per than like following ahead following outside inside out up down back away"
    " because due"
)
_DETERMINERS = "the a an this that these those its his her their our your my some any all both each every no"
_BE = "is are was were be been being am gets get got getting"
_HAVE = "has have had having"

ENGLISH = Grammar(
    relative=_set("that which who whom whose where"),
    subordinate=_set(
        "as while after before because when since if although though unless until whereas whether amid despite"
        " following but so than why how what once"
    ),
    comparing=_set("as so than once"),
    compared=_set("a an part well such one many much far soon more less fewer rather again at"),
    background=_set(
        "amid amidst despite after following since during over before ahead due from about beyond under"
        " through past without outside against until around"
    ),
    blocking=_set(
        "in near off from by with without under over between amid about like via behind beside along aboard during"
        " after before since through across around outside inside as than following despite for"
    ),
    locative=_set("in near off at inside outside around across from through via throughout over"),
    by=_set("by"),
    be=_set(_BE),
    have=_set(_HAVE),
    negation=_set(
        "not never no t cannot nor neither denies denied deny denying refuses refused refuse refusing declines declined"
        " rejects rejected reject rejecting rules ruled halts halted halt pauses paused pause suspends"
        " suspended cancels"
        " cancelled canceled postpones postponed delays delayed fails failed avoids avoided avoid unable unwilling"
        " blocks blocked stops stopped without aborts aborted calls-off scraps scrapped"
    ),
    will=_set("will shall ll"),
    may=_set("may might could can"),
    would=_set("would d"),
    should=_set("should ought"),
    must=_set("must"),
    condition=_set("if whether unless"),
    conjunction=_set("and or but nor"),
    preposition=_set(_PREPOSITIONS),
    determiner=_set(f"{_DETERMINERS} of s latest alleged deadly new first second third fourth another"),
    infinitive=_set("to will shall would could can may might must should do does did not ll t"),
    plain_verb=_set("and or but who that which they we you i people police not also now men women"),
    including=_set("including"),
    lasting=_set("still remains remain remained stays continues continue continued persists drags"),
    function=frozenset(
        f"{_PREPOSITIONS} {_DETERMINERS} {_BE} {_HAVE} not never and or but nor if as while when where which who will"
        " shall would could can may might must should do does did say says said he she it they we i you him them us"
        " then there here also still just now yet again".split()
    ),
    to="to",
    mode_words=_modes(
        planned=(
            "appetite intention intentions plan plans planned planning weigh weighs weighed weighing consider considers considered considering mull"
            " mulls mulled mulling vow vows vowed vowing pledge pledges pledged promise promises promised seek seeks"
            " sought seeking want wants wanted hope hopes hoping aim aims aimed intend intends intended prepare"
            " prepares"
            " prepared preparing expected set poised ready due eye eyes eyeing look looks looking"
            " willing open offer offers offered propose proposes proposed proposing proposal"
            " proposals bid going likely scheduled slated mission decides decided agrees agreed agree prepares"
            " explore explores exploring"
        ),
        under_way=(
            "try tries trying tried attempt attempts attempted attempting working discuss discusses discussing"
            " negotiating"
            " talks growing deepening mounting ongoing"
        ),
        background="ability able easy hard difficult capable",
        threatened=(
            "threaten threatens threatened threatening threat threats warn warns warned warning warnings ultimatum"
        ),
        demanded=(
            "urge urges urged urging demand demands demanded demanding call calls called calling ask asks asked asking"
            " press presses pressed pressing pressure pressures request requests requested appeal appeals appealed beg"
            " begs begged insist insists tell tells told needs need require requires force push pushes pushing pushed"
        ),
        denied=(
            "refuse refuses refused refusing refusal deny denies denied denying rules ruled decline declines declined"
            " reject rejects rejected rejecting oppose opposes opposed resist resists reluctant unwilling halt halts"
            " halted pause pauses paused suspend suspends suspended cancel cancels cancelled canceled cancelling scrap"
            " scraps scrapped postpone postpones postponed delay delays delayed unable fail fails failed"
        ),
        opinion=(
            "imagine imagines believe believes think thinks thought argue argues argued suggest suggests"
            " claim-that fear"
            " fears feared fearing doubt doubts wonder wonders risk risks risking hypothetical imaginary simulated"
            " scenario condemn condemns condemned condemning criticise criticises criticize criticizes criticized"
            " torch torches rips decry decries"
            " denounce denounces slam slams slammed blast blasts blasted defend defends defended"
            " defending justify justifies"
            " justified repatriate repatriates identify identifies charge"
            " charges charged convict convicts sue sues mourn mourns brief briefs briefed bury buries"
            " investigate investigates probe probes legality"
        ),
    ),
    mode_heads=_modes(
        background=(
            "hopes hope fears fear worries worry concerns concern crisis row dispute tensions tension survivors"
            " survivor"
            " victims victim memo policy policies campaign probe investigation inquiry video footage fallout aftermath"
            " anniversary history backlash impact effects risk risks premium shock jitters woes questions debate case"
            " trial lawsuit report reports order law era hero heroes veteran veterans expert experts"
        ),
        threatened="threat threats warning warnings ultimatum",
        planned="plan plans proposal proposals bid push plot option options",
        demanded="demand demands call calls request",
        under_way="talks negotiations discussions",
    ),
    gerunds=_modes(done="after for by", background="of from", denied="without"),
    within_group=_set("s the a an and its their"),
    about_heads=_set(
        "survivor survivors victim victims remains relatives family families math legality inquiry probe investigation"
        " hearing debate briefing questions scrutiny criticism footage video memo wake aftermath case details story"
        " history anniversary legacy lawsuit trial testimony report justification strategy campaign policy vote"
        " resolution bill row backlash"
    ),
    concerning=_set("on about over"),
    judging=_set(
        "justified justifiable unjustified illegal unlawful legal lawful murder murders crime crimes violate"
        " violates violated"
        " immoral unacceptable unfair wrong dangerous risks piracy extrajudicial"
    ),
    sending=_set(
        "sends send sent sending deploys deploy deployed dispatches dispatched arrives arrived visits travels"
        " travelled flies flew heads headed meets met rushes rushed moves moved joins joined"
    ),
    content=_set("that whether"),
    accusing=_set("accuse accuses accused accusing accusation accusations"),
    effects=_set(
        "pushes pushed push condemns condemned condemn drives drove drive forces forced force causes caused cause"
        " threatens threatened threaten disrupts disrupted disrupt chokes choked choke hurts hurt raises raised lifts"
        " lifted roils roiled rattles squeezes squeezed squeeze boosts boosted slows slowed slow sparks sparked fuels"
        " fueled fuelled triggers triggered strands stranded cripples crippled cripple"
        " paralyses paralysed paralyzes paralyzed deprives bites sends"
        " sent send worsens worsened deepens ripples upends tightens drains costs cushions weighs"
    ),
    fresh=_set(
        "new another latest fresh more additional further first second third fourth fifth sixth seventh"
        " eighth ninth tenth"
        " today tonight overnight yesterday"
    ),
    days=_set("monday tuesday wednesday thursday friday saturday sunday"),
    carrying_out=_set(
        "launch launches launched launching conduct conducts conducted conducting carry carries carried"
        " carrying resume resumes"
        " resumed begin begins began start starts started expand expands expanded expanding widen widens"
        " widened unleash"
        " unleashes unleashed step steps stepped ramp ramps ramped intensify intensifies intensified escalate escalates"
        " escalated announce announces announced order orders ordered continue continues continued kill kills killed"
    ),
    number=_set("two three four five six seven eight nine ten eleven twelve dozen dozens"),
    indefinite=_set("many some few several most all the a an these those its their his her our your s into of on with"),
    reaching=_set(
        "arrives arrive docks dock berths moors anchors reaches reach enters enter leaves leave departs"
        " depart returns return"
        " surfaces joins join crosses breaches calls call visits visit ties tie puts put"
        " sets set arrival arrivals departure forced"
    ),
    needs_to=_set(
        "set due look looks ready going bid open agree agrees agreed decides decided call calls called calling"
    ),
    same_verb=_set("to on toward towards into with"),
    particles=_set("at in back off out up down over shots"),
    preventing=_set(
        "block blocks blocked blocking bar bars barred barring prevent prevents prevented preventing stop stops stopped"
        " stopping keep keeps kept keeping ban bans banned banning deter deters exclude excludes"
    ),
    stands_for=_set(
        "leader leaders leadership member members ally allies minister ministers chief chiefs boss head secretary"
        " secretary-general general force forces state states country countries nation nations partner partners"
        " ambassador ambassadors envoy envoys official officials troops jets warships warship ships fleet navy command"
        " commander commanders commission council president government governments powers capitals members' diplomats"
        " diplomat alliance bloc defence defense foreign military warplanes fighters aircraft mission newcomer hopeful"
        " candidate commissioners lawmakers parliament group grouping club pact pillar framework resolve unity cohesion"
        " credibility commitment solidarity"
    ),
    after_verb=_set("into that a an the its their his no up out off down"),
    former=_set("ex former onetime retired"),
    says=_set(
        "say says said saying spokesman spokeswoman told tells told report reports reported claims claimed"
        " adds added according suspects suspect"
        " confirms confirmed announces announced warns warned"
    ),
    pronouns=_set("it he she they we"),
    bound=_set("bound"),
    casualties=_set(
        "kill kills killed killing dead dies died deaths die wounded wounds injured injures injuring missing casualties"
        " survivors survivor toll"
    ),
    everyday=_set(
        "plan plans deal deals agreement agreements border borders military force forces troops soldiers european"
        " europe region ties relations relationship relationships cooperation unity bond bonds"
        " involvement participation"
        " presence summit summits activist activists crew missile missiles sea coast port ports waters gulf pacific"
        " atlantic cable cables lake partner partners eu africa asia base bases recognition rocket shell"
        " mine mines police president government parliament budget spending neutrality"
        " exercise drill patrol war training operation strike strikes ocean island bridge crowd student students worker"
        " workers storm police court company bank market markets"
    ),
    opinion_openings=_phrases(
        "why|how|what|the case for|the case against|should|is|are|can|could|would|will|does|do|five|six|ten|who|when"
        "|where|inside|here's|here\u2019s|everything you need|analysis"
    ),
    opinion_labels=_phrases(
        "opinion|column|commentary|editorial|letters|explainer|explained|fact check|fact-check|full responses"
    ),
    news_labels=_phrases("just in|breaking news|live updates|exclusive report"),
    bloc_again=_phrases("the alliance|the bloc|the grouping|the military alliance|the defence alliance"),
    states_again=_phrases(
        "the two countries|the two nations|the two states|the two sides|the two governments|the two leaders|the pair"
        "|both countries|both nations|both sides|both governments|both leaders|the countries"
    ),
    fact_questions=("why did", "why has", "why is", "why are", "how did"),
)
