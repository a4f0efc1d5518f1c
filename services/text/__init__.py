"""Text in any language, for every service: pure, without a model, and importing nothing of ours."""
