"""The ``wirewatch`` command. Each module holds one family of commands and registers it on the application.

A command module imports what it needs inside its functions: ``wirewatch --help`` must not load Faust.
Exit codes: 0 done; 1 done, but something failed and was said; 2 the call or its input cannot be used.
"""
