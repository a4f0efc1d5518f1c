"""Manifests for Kubernetes, made from ``schemas/services.yaml``, ``schemas/topics.yaml`` and the rules of Prometheus.

``python -m deploy.kubernetes`` writes every ``generated.yaml`` below this folder; a test holds them to their sources.
What is written by hand is in the ``kustomization.yaml`` files. ``docs/kubernetes.md`` says how to use them.
"""
