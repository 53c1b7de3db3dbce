"""`python -m labelwright_local up`, for when the command `labelwright` is not installed."""

import typer

from labelwright_local.command import up

app = typer.Typer(add_completion=False)
app.command()(up)


@app.callback()
def main() -> None:
    """All of Labelwright on one machine, without containers."""


if __name__ == "__main__":
    app()
