"""`python -m labelwright_local up`, where the command `labelwright` is not installed."""

import typer

from labelwright_local.command import up

app = typer.Typer(add_completion=False)
app.command()(up)


@app.callback()
def main() -> None:
    """The whole of Labelwright on one machine, without containers."""


if __name__ == "__main__":
    app()
