"""Agreement between annotators and truth inference, with intervals."""

from agreement.alpha import krippendorff_alpha
from agreement.averaging import AVERAGED, ModelAverage, average
from agreement.bayes import AnnotatorPrior
from agreement.bootstrap import Draws
from agreement.breakdown import PairAgreement, agreement, by_label, by_pair, by_slice
from agreement.chance import fleiss_kappa, gwet_ac1, gwet_ac2, raw_agreement
from agreement.cohen import cohen_kappa
from agreement.dawid_skene import dawid_skene, one_coin
from agreement.differences import difference
from agreement.estimate import Difference, Estimate
from agreement.indices import bias_index, prevalence_index
from agreement.infer import METHODS, infer
from agreement.inference import Convergence, Guard, Inference, Reliability
from agreement.interval import NumberInference, infer_numbers
from agreement.readers import read_gold, read_votes, votes_from_frame
from agreement.stream import AgreementStream
from agreement.trust import SideBySide, distrusted, with_and_without
from agreement.votes import BadVotes, Votes

__all__ = [
    "AVERAGED",
    "METHODS",
    "AgreementStream",
    "AnnotatorPrior",
    "BadVotes",
    "Convergence",
    "Difference",
    "Draws",
    "Estimate",
    "Guard",
    "Inference",
    "ModelAverage",
    "NumberInference",
    "PairAgreement",
    "Reliability",
    "SideBySide",
    "Votes",
    "agreement",
    "average",
    "bias_index",
    "by_label",
    "by_pair",
    "by_slice",
    "cohen_kappa",
    "dawid_skene",
    "difference",
    "distrusted",
    "fleiss_kappa",
    "gwet_ac1",
    "gwet_ac2",
    "infer",
    "infer_numbers",
    "krippendorff_alpha",
    "one_coin",
    "prevalence_index",
    "raw_agreement",
    "read_gold",
    "read_votes",
    "votes_from_frame",
    "with_and_without",
]
