"""A disk that can be filled up and grows again: a tmpfs, which only root may mount."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MIB: Final = 2**20


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A mounted tmpfs."""

    folder: Path

    def fill(self, left_bytes: int) -> None:
        """Let a file take all room but `left_bytes`."""
        with (self.folder / "filler").open("ab") as filler:
            try:
                while filler.write(bytes(64 * 1024)):
                    filler.flush()
            except OSError:  # no room any more: what was wanted
                pass
        size_bytes = (self.folder / "filler").stat().st_size
        with (self.folder / "filler").open("ab") as filler:
            filler.truncate(max(0, size_bytes - left_bytes))

    def grow(self, size_mib: int) -> None:
        """Give it `size_mib` in all."""
        _mount("-o", f"remount,size={size_mib}m", str(self.folder))


@contextmanager
def small_disk(folder: Path, size_mib: int) -> Iterator[SmallDisk]:
    """`folder` with a disk of its own."""
    folder.mkdir(parents=True)
    _mount("-t", "tmpfs", "-o", f"size={size_mib}m,mode=0755", "barograph-test", str(folder))
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def why_not(folder: Path) -> str:
    """Why no disk can be mounted under `folder`; empty when one can."""
    try:
        with small_disk(folder / "mount-test", 1):
            pass
    except (OSError, subprocess.CalledProcessError) as error:
        return f"a full disk cannot be tried: mounting a tmpfs is not allowed here ({error}); run as root"
    finally:
        if (folder / "mount-test").exists():
            (folder / "mount-test").rmdir()
    return ""


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)
