"""Which weather: the hosted Open-Meteo, the simulator, or a file's observations. Decided once, written into .env."""

import os
from pathlib import Path
from typing import Final, Literal

import requests

from stack.console import complain, say, waiting
from stack.dotenv_file import create_env_file, fill_secrets, write_values
from stack.env_names import find_stray_names
from stack.errors import StackError
from stack.settings import INTERNAL, StackSettings, env_names, env_path, load_settings, setting_name

Wish = Literal["online", "offline", "replay"]

ASK_S: Final = 5

_QUESTION: Final = {"latitude": "52.52", "longitude": "13.41", "hourly": "temperature_2m", "forecast_days": "1"}


def settle_settings(wish: Wish | None, replay_file: Path | None = None) -> StackSettings:
    """The settings of this start: .env made when there is none, mode and secrets written into it where they are open.

    Raises:
        StackError: a setting does not fit, or the environment contradicts `wish`.
    """
    path = env_path()
    if create_env_file(path):
        say(f"{path}: written from .env.example")
    if wish:
        write_values(path, _wished_values(wish, replay_file))
    settings = load_settings()
    internal = [setting_name(field) for field in INTERNAL]
    for note in find_stray_names(os.environ, env_names(), internal):
        complain(note)
    if wish:
        _refuse_contradiction(settings, wish)
    if generated := fill_secrets(path, settings):
        say(f"{path}: generated {', '.join(generated)}")
    if not settings.is_mode_decided:
        write_values(path, {"OPEN_METEO_MODE": ask_base_url(settings.base_url)})
    return load_settings()


def _wished_values(wish: Wish, replay_file: Path | None) -> dict[str, str]:
    mode = "online" if wish == "online" else "standin"
    return {"OPEN_METEO_MODE": mode, "STANDIN_REPLAY_FILE": str(replay_file.resolve()) if replay_file else ""}


def _refuse_contradiction(settings: StackSettings, wish: Wish) -> None:
    if settings.open_meteo_mode != ("online" if wish == "online" else "standin") or settings.is_replay != (wish == "replay"):
        names = [name for name in ("OPEN_METEO_MODE", "STANDIN_REPLAY_FILE") if os.environ.get(name)]
        raise StackError(f"--{wish} contradicts {' and '.join(names)} in the environment, which wins: unset it")


def ask_base_url(url: str) -> Literal["online", "standin"]:
    """The mode to start in if it is not decided: online when `url` answers a small request."""
    with waiting(f"asking {url}"):
        try:
            reason = "" if (answer := requests.get(url, params=_QUESTION, timeout=ASK_S)).ok else f"HTTP {answer.status_code}"
        except requests.RequestException as error:
            reason = type(error).__name__
    if not reason:
        say(f"{url} answers: recording real weather (OPEN_METEO_MODE=online is written to .env)")
        return "online"
    say(
        f"{url} does not answer ({reason}): the local simulator is used instead. Its weather is made up, and its rows carry "
        "sources standin/…. OPEN_METEO_MODE=standin is written to .env; `./startup.sh --online` switches once it answers"
    )
    return "standin"
