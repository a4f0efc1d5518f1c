"""Measurements. Each module is run by hand or by a make target and prints JSON; none is a test.

What was measured stands in ``docs/measurements/`` with command, machine and date.
"""
