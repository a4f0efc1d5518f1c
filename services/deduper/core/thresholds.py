"""Every threshold of the rules. Measured on real articles: docs/measurements/dedupe.md."""

import math

# Measured on 500 real articles and 13 edits of each (docs/measurements/dedupe.md).
MIN_SHARED = 8  # shingles two texts must share before their containment means anything
SOME_SHARED = 4  # are enough where they are nearly all that can be compared: an excerpt of a long text
SOME_CONTAINMENT = 0.80
WEAK_SHARED = 3  # are enough where they are most of a short text that is about the same event
WEAK_CONTAINMENT = 0.45
WEAK_SCORE = 0.40
COPY_CONTAINMENT = 0.45  # from here on it is the same article
EDITED_CONTAINMENT = 0.30  # (1 - 1/3)^3, a third of the words changed: from here on where it is shared all over,
EDITED_SCORE = 0.72  # or the words are this much alike; reports with as much of an agency's background .70 at most
QUOTED_CONTAINMENT = 0.62  # below it, and in passages, it is another report that quotes the same
STRETCH = 0.72  # but for what lies in one stretch: 10 % of its words changed leave (1 - 1/10)^3
MIN_PLAIN = 16  # shingles outside of quotations that say whether a text has words of its own
OWN_WORDS = 0.15  # less than this taken over of them, and more of the quotations: it quotes the same
CARRIED = 0.62  # of a text must stand in one with much else for it to be carried, and not cited, there
STORY_CONTAINMENT = 0.20  # from here on it is the same running story: follow-ups reuse background paragraphs
OWN_OUTLET_COPY = 0.90  # within one outlet the longer text counts, and its releases share a form: of it, this much
OWN_OUTLET_STORY = 0.30
BOILERPLATE_BELOW = 0.97  # a copy within one outlet below this may share only boilerplate, which is noted as such
REVERTED_CONTAINMENT = 0.90  # two versions of one address that share this much differ by an advertisement or a comma
NEW_TEXT_CONTAINMENT = 0.34  # an article that is mostly its own text is news even where it swallows an older text
FULLER = 1.8  # so is one this much longer than the text it contains: an excerpt may come before its article
MAX_OWNERS = 12  # a shingle in this many texts is boilerplate
MAX_OUTLET_OWNERS = 3  # a shingle in this many texts of one outlet is that outlet's boilerplate
MOST_JUDGED = 8  # of the texts that share blocking hashes, those that share most are looked at
# Of core.similarity, by how many things two reports share: from here on they are of one event. Neither "the clock is
# ticking for" nor one person's name is one.
EVENT_SCORES = (math.inf, math.inf, 0.68, 0.46, 0.38)
OWN_OUTLET_EVENT = 0.52  # within one outlet, whose articles share its style and its subjects
BACKGROUND_SCORE = 0.20  # below this, shared passages are links to other articles
MOST_COLUMN_WORDS = 5  # before the colon of a headline: the name of a column has no more
SAME_DAY = 0.03  # both texts name a weekday, and the same: added
OTHER_DAY = 0.15  # they name others: taken away (measured on half of 700 events, checked on the other half)
TOLD_TWICE = 0.04  # added where several reports of a story are compared: it is not one outlet's angle
NONE_SHARED = 0.04  # taken away where a text speaks of none of whom the article's headline names
STATE_MISSING = 0.10  # or leaves out any of the states
SAME_TIME = 0.10  # added to reports published at one moment
HOUR_APART = 0.006  # taken away for each hour between them,
MOST_HOURS_APART = 48  # of two days: fitted to 693 links of headlines read one by one
FAR_S = 4 * 86_400  # and this far apart they are of two events of one running story
MOST_STORIES = 4  # are looked at: those that share most of the rarest and weightiest terms
MOST_STORIES_A_TERM = 8  # the latest
MOST_REPRESENTATIVES = 4  # of a story: its first members
REPRESENTATIVE_DEPTH = 1  # links between a member and its story's first: deeper members attract copies only
