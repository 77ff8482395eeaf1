"""Prints tests/report/rank_test_figures.tsv: Mann-Whitney tests and adjusted p-values of random samples as SciPy gives
them. Needs scipy 1.11 or later."""

import random

import numpy
import scipy
from scipy import stats

EXACT = [(1, 1), (2, 2), (3, 3), (3, 5), (4, 4), (5, 5), (5, 8), (8, 8), (10, 10), (12, 20), (20, 20)]
DEALT = [(3, 3), (4, 4), (5, 5), (4, 7), (6, 6)]
NORMAL = [(21, 20), (30, 30), (25, 60)]

rng = random.Random(5)


def smooth(count, middle):
    return [round(rng.gauss(middle, 1), 6) for _ in range(count)]


def stepped(count, shift):
    return [float(rng.randint(1, 4) + shift) for _ in range(count)]


def words(figures):
    return " ".join(repr(float(figure)) for figure in figures)


def row(kind, first, second, **how):
    test = stats.mannwhitneyu(first, second, **how)
    print(kind, words(first), words(second), float(test.statistic), float(test.pvalue), sep="\t")


print(f"# As SciPy {scipy.__version__} gives them; rank_test_figures.py makes this file.")
print("# exact, dealt (with ties), normal: first, second, U, p; many: p, adjusted p")
for n, m in EXACT:
    for shift in (0, 1):
        row("exact", smooth(n, 10), smooth(m, 10 + shift), method="exact")
for n, m in DEALT:
    for shift in (0, 1, 2):
        row("dealt", stepped(n, 0), stepped(m, shift), method=stats.PermutationMethod(n_resamples=numpy.inf))
for n, m in NORMAL:
    for shift in (0, 1):
        row("normal", smooth(n, 10), smooth(m, 10 + shift / 2), method="asymptotic")
        row("normal", stepped(n, 0), stepped(m, shift), method="asymptotic")
for n in (1, 4, 20):
    p = [round(rng.random() ** 3, 6) for _ in range(n)]
    print("many", words(p), words(stats.false_discovery_control(p)), 0, 0, sep="\t")
