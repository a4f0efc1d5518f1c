"""What the processes use, and the store: use, saturation, errors."""

from __future__ import annotations

from deploy.grafana.boards.model import Dashboard, Panel, Query, quantile, stat

BOARD = Dashboard(
    uid="wirewatch-resources",
    title="Wirewatch: Resources",
    description="What the services and Redis use of the machine.",
    panels=[
        stat(
            "Memory of Redis",
            "Of maxmemory. At 100 % Redis refuses writes and the services wait; it never drops a key.",
            "max(redis_memory_used_bytes / (redis_memory_max_bytes > 0))",
            "percentunit",
            ((None, "green"), (0.6, "orange"), (0.8, "red")),
        ),
        stat(
            "Append-only file",
            "1 while Redis can write and rewrite it.",
            "min(redis_aof_last_write_status) * min(redis_aof_last_bgrewrite_status)",
            thresholds=((None, "red"), (1, "green")),
        ),
        stat(
            "Largest service",
            "Resident memory of the largest process.",
            'max(process_resident_memory_bytes{job="services"})',
            "bytes",
        ),
        stat(
            "Busiest service",
            "Processor time of the busiest process; 1 is one whole core.",
            'max(sum by (service) (rate(process_cpu_seconds_total{job="services"}[1m])))',
            "none",
        ),
        stat(
            "Youngest service",
            "How long ago the process started last began: a small number is a restart.",
            'min(time() - process_start_time_seconds{job="services"})',
            "s",
        ),
        stat(
            "Series of the largest target",
            "Samples of one scrape. The bar is 1,000.",
            'max(scrape_samples_scraped{job="services"})',
            thresholds=((None, "green"), (1000, "red")),
        ),
        Panel(
            title="Memory by service",
            description="Resident memory of each process.",
            queries=[Query('sum by (service) (process_resident_memory_bytes{job="services"})', "{{service}}")],
            unit="bytes",
        ),
        Panel(
            title="Processor by service",
            description="Cores in use. A stream service uses one at most: more workers use more.",
            queries=[
                Query(
                    'sum by (service) (rate(process_cpu_seconds_total{job="services"}[$__rate_interval]))',
                    "{{service}}",
                )
            ],
            unit="none",
        ),
        Panel(
            title="Open files by service",
            description="Sockets and files. A line that only climbs is a leak.",
            queries=[Query('sum by (service) (process_open_fds{job="services"})', "{{service}}")],
        ),
        Panel(
            title="Memory of Redis",
            description="Used, and the limit at which it refuses writes.",
            queries=[
                Query("max(redis_memory_used_bytes)", "used"),
                Query("max(redis_memory_max_bytes)", "limit"),
            ],
            unit="bytes",
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
        Panel(
            title="Requests to the api",
            description="Answers a second by code.",
            queries=[Query("sum by (code) (rate(wirewatch_api_requests_total[$__rate_interval]))", "{{code}}")],
            unit="cps",
            stacked=True,
        ),
        Panel(
            title="Time of the api, 99 in 100",
            description="To the first byte of an answer.",
            queries=[Query(quantile(0.99, "wirewatch_api_request_seconds"), "99 in 100")],
            unit="s",
        ),
        Panel(
            title="Decided again, sent again",
            description="Alerts written by two at once; revisions sent again as a crash hid their acknowledgement.",
            queries=[
                Query("sum(increase(wirewatch_alerter_conflicts_total[$__rate_interval]))", "decided again"),
                Query("sum(increase(wirewatch_alerter_resent_total[$__rate_interval]))", "sent again"),
            ],
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
            height=11,
            kind="table",
            columns={"service": "Service", "version": "Version", "hash": "Settings"},
        ),
    ],
)
