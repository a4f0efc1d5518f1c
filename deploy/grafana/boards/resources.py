"""What the processes use, and the store: use, saturation, errors."""

from __future__ import annotations

from deploy.grafana.boards.model import Dashboard, Panel, Query, Row, bars, durations, named, stat
from deploy.grafana.boards.promql import SERVICES
from deploy.grafana.boards.words import BAD, GOOD, WARN

_API_COLOURS = {"200": GOOD, "400": WARN, "404": "blue", "500": BAD, "503": BAD}
_OURS = f'job="services", service=~"{"|".join((*SERVICES, "api"))}"'

BOARD = Dashboard(
    uid="wirewatch-resources",
    title="Wirewatch: Resources",
    description="What the services and Redis use of the machine.",
    panels=[
        stat(
            "Memory of Redis",
            "Of maxmemory. At 100 % Redis refuses writes and the services wait; it never drops a key.",
            "max(redis_memory_used_bytes / (redis_memory_max_bytes > 0)) and on () max(redis_up) == 1",
            "percentunit",
            thresholds=((0, GOOD), (0.6, WARN), (0.8, BAD)),
            no_data="unknown",
            no_data_colour=BAD,
            decimals=1,
        ),
        stat(
            "Append-only file",
            "Whether Redis can write and rewrite it.",
            "(min(redis_aof_last_write_status) * min(redis_aof_last_bgrewrite_status)) and on () max(redis_up) == 1",
            thresholds=((0, BAD), (1, GOOD)),
            mappings=named({"0": ("cannot write", BAD), "1": ("writes", GOOD)}),
            no_data="unknown",
            no_data_colour=BAD,
        ),
        stat(
            "Largest service",
            "Resident memory of the largest process.",
            f"topk(1, max by (service) (process_resident_memory_bytes{{{_OURS}}}))",
            "bytes",
            legend="{{service}}",
            no_data="unknown",
        ),
        stat(
            "Busiest service",
            "Processor time of the busiest process; 1 is one whole core.",
            f"topk(1, sum by (service) (rate(process_cpu_seconds_total{{{_OURS}}}[1m])))",
            "suffix:cores",
            legend="{{service}}",
            no_data="unknown",
            decimals=2,
        ),
        stat(
            "Last started",
            "How long ago the process started last began: a small number is a restart.",
            f"bottomk(1, min by (service) (time() - process_start_time_seconds{{{_OURS}}}))",
            "s",
            legend="{{service}}",
            no_data="unknown",
            decimals=0,
        ),
        stat(
            "Series of a target",
            "Samples of the largest scrape. The bar is 1,000.",
            f"topk(1, max by (service) (scrape_samples_scraped{{{_OURS}}}))",
            legend="{{service}}",
            thresholds=((0, GOOD), (1000, BAD)),
            no_data="unknown",
            decimals=0,
        ),
        Panel(
            title="Memory by service",
            description="Resident memory of each process.",
            queries=[Query(f"sum by (service) (process_resident_memory_bytes{{{_OURS}}})", "{{service}}")],
            unit="bytes",
        ),
        Panel(
            title="Processor by service",
            description="Cores in use. A stream service uses one at most: more workers use more.",
            queries=[
                Query(
                    f"sum by (service) (rate(process_cpu_seconds_total{{{_OURS}}}[$__rate_interval]))",
                    "{{service}}",
                )
            ],
            unit="suffix:cores",
        ),
        Panel(
            title="Memory of Redis, over time",
            description="Used, and the limit at which it refuses writes.",
            queries=[
                Query("max(redis_memory_used_bytes)", "used"),
                Query("max(redis_memory_max_bytes)", "limit"),
            ],
            unit="bytes",
        ),
        Panel(
            title="Versions that run",
            description="Two of one service at a time are a rolling upgrade, or a forgotten worker.",
            queries=[
                Query(
                    "count by (service, version, hash) (wirewatch_build_info * on (service, instance) "
                    "group_left (hash) wirewatch_config_info)"
                )
            ],
            width=24,
            height=9,
            kind="table",
            no_data="unknown",
            columns={"service": "Service", "version": "Version", "hash": "Settings", "Value": "Processes"},
        ),
        Row(
            "The archive",
            [
                stat(
                    "Archive's file",
                    "Of the limit at which the oldest articles go before they are as old as they may become.",
                    "max(wirewatch_archive_file_bytes) / (max(wirewatch_archive_limit_bytes) > 0)",
                    "percentunit",
                    thresholds=((0, GOOD), (0.9, WARN), (1, BAD)),
                    no_data="unknown",
                    decimals=1,
                    width=6,
                ),
                stat(
                    "Goes back",
                    "How long ago the oldest article in the file was first seen.",
                    "time() - (max(wirewatch_archive_oldest_timestamp_seconds) > 0)",
                    "s",
                    no_data="empty",
                    width=6,
                ),
                bars(
                    "Archived, by status",
                    "An article or a revision that was written, or known before.",
                    "wirewatch_archive_articles_total",
                    "status",
                    width=6,
                ),
                bars(
                    "Dropped from the archive",
                    "Articles and alerts that went, because of their age or because the file was full.",
                    "wirewatch_archive_dropped_total",
                    "what, why",
                    width=6,
                ),
            ],
        ),
        Row(
            "Files, commands and the api",
            [
                Panel(
                    title="Open files by service",
                    description="Sockets and files. A line that only climbs is a leak.",
                    queries=[Query(f"sum by (service) (process_open_fds{{{_OURS}}})", "{{service}}")],
                ),
                Panel(
                    title="Commands of Redis",
                    description="Commands a second.",
                    queries=[Query("sum(rate(redis_commands_processed_total[$__rate_interval]))", "commands")],
                    unit="cps",
                ),
                Panel(
                    title="Append-only file of Redis",
                    description="Its size; a rewrite makes it smaller.",
                    queries=[Query("max(redis_aof_current_size_bytes)", "size")],
                    unit="bytes",
                ),
                bars(
                    "Requests to the api",
                    "Answers by code.",
                    "wirewatch_api_requests_total",
                    "code",
                    width=12,
                    colours=_API_COLOURS,
                ),
                durations(
                    "Time of the api",
                    "To the first byte of an answer, over five minutes.",
                    "wirewatch_api_request_seconds",
                    width=12,
                ),
            ],
        ),
    ],
)
