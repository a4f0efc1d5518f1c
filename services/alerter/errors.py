"""The alerter's errors.

    WirewatchError
    ├── UsageError
    │   └── UnusableFilesError   the severity rules cannot be used; it names file and line. Exit code 2
    └── PoisonError
        └── codec.UndecodableError is raised by the contracts and dead-lettered with reason "undecodable"

A store or a broker that is away is a TransientError and is waited for in place (``runtime.retry``).
"""
