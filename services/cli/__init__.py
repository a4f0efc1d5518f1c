"""The ``wirewatch`` command.

A family is a folder. Its ``command.py`` says what a person can type and imports no server library, so that ``--help``
answers at once; the other modules do the work and are imported when the command is called. A command of one module is
a file.
Exit codes: 0 done; 1 done, but something failed and was reported; 2 the call or its input cannot be used.
"""
