"""Composition root of the samples service."""

from services.runtime.files import shipped
from services.runtime.process import run as process
from services.runtime.process.run import Context
from services.samples.edges import files
from services.samples.edges.http import SampleServer
from services.samples.settings import SamplesSettings, week_of


def build(settings: SamplesSettings, context: Context) -> SampleServer:
    """The service, not yet started."""
    folder = settings.folder or shipped.seeds() / "samples"
    return SampleServer(
        files.read(folder),
        host=settings.host,
        port=settings.port,
        week=week_of(settings),
        clock=context.clock,
        registry=context.registry,
    )


if __name__ == "__main__":
    process.run("samples", SamplesSettings, build)
