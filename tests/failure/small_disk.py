"""A disk that can be filled up and grows again: a tmpfs, which only root may mount."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A mounted tmpfs."""

    folder: Path
    size_mib: int

    def fill(self, left_bytes: int) -> None:
        """Let a file take all room but `left_bytes`."""
        with (self.folder / "filler").open("ab", buffering=0) as filler, suppress(OSError):  # no room any more: what is wanted
            while filler.write(bytes(64 * 1024)):
                pass
        os.truncate(self.folder / "filler", max(0, (self.folder / "filler").stat().st_size - left_bytes))

    def grow(self) -> None:
        """Give it three times its size."""
        self._resize(3 * self.size_mib)

    def free(self) -> None:
        """As it was in the beginning, but for what the service has written."""
        (self.folder / "filler").unlink(missing_ok=True)
        self._resize(self.size_mib)

    def _resize(self, size_mib: int) -> None:
        _mount("-o", f"remount,size={size_mib}m", str(self.folder))


@contextmanager
def small_disk(folder: Path, size_mib: int) -> Iterator[SmallDisk]:
    """`folder` with a disk of its own."""
    folder.mkdir(parents=True)
    _mount("-t", "tmpfs", "-o", f"size={size_mib}m,mode=0755", "barograph-test", str(folder))
    try:
        yield SmallDisk(folder, size_mib)
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
