"""Agreement between annotators and truth inference, with intervals."""

from agreement.alpha import krippendorff_alpha
from agreement.bootstrap import Draws
from agreement.breakdown import PairAgreement, agreement, by_label, by_pair, by_slice
from agreement.chance import fleiss_kappa, gwet_ac1, gwet_ac2, raw_agreement
from agreement.cohen import cohen_kappa
from agreement.differences import difference
from agreement.estimate import Difference, Estimate
from agreement.indices import bias_index, prevalence_index
from agreement.votes import BadVotes, Votes

__all__ = [
    "BadVotes",
    "Difference",
    "Draws",
    "Estimate",
    "PairAgreement",
    "Votes",
    "agreement",
    "bias_index",
    "by_label",
    "by_pair",
    "by_slice",
    "cohen_kappa",
    "difference",
    "fleiss_kappa",
    "gwet_ac1",
    "gwet_ac2",
    "krippendorff_alpha",
    "prevalence_index",
    "raw_agreement",
]
