"""How what two texts share lies in one of them: all over it, in one stretch, or in passages. Pure.

Words changed here and there leave a share of the shingles all over a copy; a wrapper leaves one stretch; what two
reports have from a third (a speech, an agency's background) lies in passages between words of their own. This needs no
word of any language.
"""

import itertools
import math
from collections.abc import Sequence

LEAST_HASHES = 20  # hashes that say anything about it
DEVIATIONS = 2.0  # standard ones: of texts that share all over, one in forty has fewer runs


def is_all_over(shared: Sequence[bool]) -> bool:
    """Whether what is shared lies all over the text, by the runs test of Wald and Wolfowitz. ``shared`` says of each
    hash, in the order of the text, whether the other text has it."""
    count, both = len(shared), sum(shared)
    if count < LEAST_HASHES:
        return False
    if not 0 < both < count:
        return True
    runs = 1 + sum(a != b for a, b in itertools.pairwise(shared))
    expected = 1 + 2 * both * (count - both) / count
    deviation = math.sqrt(max(0.0, (expected - 1) * (expected - 2) / (count - 1)))
    return runs >= expected - DEVIATIONS * deviation


def density(shared: Sequence[bool]) -> float:
    """The share of the hashes from the first that is shared to the last."""
    first = shared.index(True)
    last = len(shared) - 1 - shared[::-1].index(True)
    return sum(shared) / (last - first + 1)
