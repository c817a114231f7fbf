"""A made-up portfolio with planted, labelled faults; knows the layout of exports, nothing of how they are judged."""

from pipelines.simulate.portfolio import simulate_portfolio

__all__ = ["simulate_portfolio"]
