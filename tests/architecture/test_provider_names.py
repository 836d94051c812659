"""Nothing outside a provider's folder knows its name, but for the registry's line and the settings that users know."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROVIDERS = ROOT / "src/barograph/sources"
NAMED = re.compile(r"open[-_. ]?meteo|dwd[-_]icon|icon_seamless|era5|standin/", re.IGNORECASE)
ALLOWED = {
    "src/barograph/sources/registry.py": r"^from barograph\.sources\.open_meteo |^PROVIDERS: ",
    "src/barograph/settings.py": r"open_meteo_(mode|origins)|OPEN_METEO_ORIGINS|_url|open-meteo\.com|Open-Meteo",
    "src/barograph/model/variables.csv": r"open-meteo[#,]|ERA5 gives",  # what bounds are known from
}
"""Lines that may name one, by file."""


def lines_that_name_a_provider(files: list[Path]) -> list[str]:
    """`file:line: text` of each such line that is not allowed."""
    found = []
    for path in files:
        name = str(path.relative_to(ROOT))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if NAMED.search(line) and not re.search(ALLOWED.get(name, r"(?!)"), line):
                found.append(f"{name}:{number}: {line.strip()}")
    return found


def provider_neutral_files() -> list[Path]:
    """Everything of src, dags and jobs outside the providers' folders."""
    every = [path for folder in ("src", "dags", "jobs") for path in (ROOT / folder).rglob("*.*")]
    kinds = {".py", ".csv", ".cql", ".properties"}
    return sorted(path for path in every if path.suffix in kinds and PROVIDERS not in path.parent.parents)


def test_nothing_outside_its_folder_names_a_provider() -> None:
    files = provider_neutral_files()
    assert len(files) > 80
    assert lines_that_name_a_provider(files) == []


def test_a_line_that_names_one_would_be_seen() -> None:
    assert lines_that_name_a_provider([PROVIDERS / "open_meteo/client.py"]) != []
