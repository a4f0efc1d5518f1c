"""The judge: what makes two articles one text or one story. Pure and synchronous.

``fingerprint`` turns an article into what is compared (``text``, ``sketch``, ``terms``, ``discriminators``, ``facts``);
``lookup`` finds what is known of it, ``rules`` decide by the numbers in ``thresholds``, and ``index`` writes down what
was decided on a ``view`` of the ``records`` that a store keeps.
"""
