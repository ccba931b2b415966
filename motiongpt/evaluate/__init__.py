"""Evaluation of a whole model with the field's metrics, always beside the honest baselines."""
