"""Writes values.json: reference values from independent implementations.

    pip install savvi==0.3.1 scipy==1.17.1 numpy==2.4.6
    python generate.py > values.json

- share_mismatch: savvi's Multinomial (Lindon and Malek, arXiv 2011.03567), fed batch by batch.
- normal_quantile_upper: scipy.stats.norm.isf.
- split: the conditional-binomial mixture, written plainly with scipy.stats.binom.
- block: the two-sample Bernoulli factor, its null point found by scipy.optimize.minimize_scalar.
"""

import json
import sys

import numpy as np
from savvi.multinomial import Multinomial
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp, xlog1py, xlogy
from scipy.stats import binom, norm


def share_mismatch():
    rng = np.random.default_rng(20)
    rows = []
    for share, kappa, true_share, batches, size in [
        (0.05, 100, 0.05, 5, 400),
        (0.05, 100, 0.08, 5, 400),
        (0.5, 100, 0.5, 3, 50),
        (0.5, 10, 0.6, 8, 100),
        (0.2, 250, 0.19, 4, 5000),
        (0.01, 100, 0.0, 2, 150),
    ]:
        theta = np.array([share, 1 - share])
        test = Multinomial(0.05, theta, kappa)
        for _ in range(batches):
            canary = int(rng.binomial(size, true_share))
            test.update(np.array([canary, size - canary]))
            rows.append(
                {
                    "canary": int(test.counts[0]),
                    "baseline": int(test.counts[1]),
                    "share": share,
                    "kappa": kappa,
                    "ln_e": float(np.log(test.odds)),
                }
            )
    return rows


def split():
    """One look of the ratio form without later starts: a flat grid from ln 1.1 past the null to ln 20, and near points."""
    rows = []
    for ratio, k1, n1, k0, n0 in [
        (1.0, 3, 50, 0, 950),
        (1.0, 2, 50, 0, 950),
        (1.1, 12, 300, 90, 5700),
        (1.5, 40, 1000, 30, 1000),
        (0.8, 0, 10, 7, 90),
    ]:
        null = np.log(ratio)
        near = null + np.log(1.1) * 2.0 ** np.arange(-4, 0)
        grid = np.concatenate([near, np.linspace(null + np.log(1.1), np.log(20), 24)])
        share = lambda b: n1 * np.exp(b) / (n1 * np.exp(b) + n0)
        m = k1 + k0
        weights = np.array([0.01] * 4 + [0.96 / 24] * 24)
        ln_e = logsumexp([binom.logpmf(k1, m, share(b)) for b in grid], b=weights) - binom.logpmf(k1, m, share(null))
        rows.append({"ratio": ratio, "k1": k1, "n1": n1, "k0": k0, "n0": n0, "ln_e": float(ln_e)})
    return rows


def ln_bernoulli(k, n, rate):
    return xlogy(k, rate) + xlog1py(n - k, -rate)


def block():
    """One look of the absolute form without later starts, baseline known as `rate` with the weight of half an event."""
    rows = []
    for difference, rate, k1, n1, k0, n0 in [
        (0.02, 0.01, 5, 100, 10, 900),
        (0.02, 0.001, 2, 20, 0, 180),
        (0.005, 0.05, 80, 1000, 450, 9000),
        (0.1, 0.3, 0, 15, 6, 20),
        (0.1, 0.3, 15, 15, 6, 20),
    ]:
        low, high = difference / 4, 0.5
        excess = np.concatenate([low * 2.0 ** np.arange(-3, 0), low * (high / low) ** (np.arange(12) / 11)])
        weights = np.array([0.01] * 3 + [0.97 / 12] * 12)
        gains = []
        for e in excess:
            line = rate + difference
            q1 = line + min(e, 0.9 * (1 - line))
            cost = lambda r0: -(
                ln_bernoulli(n1 * q1, n1, r0 + difference) + ln_bernoulli(n0 * rate, n0, r0)
            )
            found = minimize_scalar(cost, bounds=(rate, q1 - difference), method="bounded", options={"xatol": 1e-14})
            r0 = found.x
            gains.append(
                ln_bernoulli(k1, n1, q1)
                + ln_bernoulli(k0, n0, rate)
                - ln_bernoulli(k1, n1, r0 + difference)
                - ln_bernoulli(k0, n0, r0)
            )
        rows.append(
            {
                "difference": difference,
                "rate": rate,
                "k1": k1,
                "n1": n1,
                "k0": k0,
                "n0": n0,
                "ln_e": float(logsumexp(gains, b=weights)),
            }
        )
    return rows


def quantiles():
    ps = [0.5, 0.4, 0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001, 1e-5, 1e-9, 1e-15, 1e-50, 1e-200, 0.9, 0.975, 0.999]
    return [{"p": p, "z": float(norm.isf(p))} for p in ps]


json.dump(
    {
        "share_mismatch": share_mismatch(),
        "normal_quantile_upper": quantiles(),
        "split": split(),
        "block": block(),
    },
    sys.stdout,
    indent=1,
)
print()
