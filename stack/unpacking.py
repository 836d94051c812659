"""Unpacks tar archives into a folder and never outside it, on every Python 3.11: `extractall(filter=…)` came with 3.11.4."""

import shutil
import tarfile
from pathlib import Path, PurePosixPath
from typing import Final

from stack.errors import StackError

_PROGRAM: Final = 0o755
_FILE: Final = 0o644


def unpack_tar(files: tarfile.TarFile, folder: Path) -> None:
    """Write the files, folders and links of `files` into `folder`, which is made.

    Owners and times are not taken over; of the permissions, only whether a file is a program.

    Raises:
        StackError: a member leads outside `folder`, or is a device or hard link; nothing of it is written.
        FileExistsError: the archive holds a file twice, or `folder` holds it already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for member in files:
        target = folder / _check_name(member)
        target.parent.mkdir(parents=True, exist_ok=True)
        if member.isdir():
            target.mkdir(exist_ok=True)
            target.chmod(_PROGRAM)
        elif member.issym():
            target.symlink_to(member.linkname)
        else:
            _write_file(files, member, target)


def _check_name(member: tarfile.TarInfo) -> PurePosixPath:
    """The path of a member that may be unpacked: below the folder, and a link only to a name in the same folder."""
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts:
        raise StackError(f"the archive holds {member.name}, which leads out of its folder")
    if member.issym() and (PurePosixPath(member.linkname).name != member.linkname or member.linkname == ".."):
        raise StackError(f"the archive holds the link {member.name} to {member.linkname}, which may lead out of its folder")
    if not (member.isfile() or member.isdir() or member.issym()):
        raise StackError(f"the archive holds {member.name}, which is no file, folder or symbolic link")
    return path


def _write_file(files: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    content = files.extractfile(member)
    if content is None:
        raise StackError(f"the archive holds {member.name} without content")
    with content, target.open("xb") as file:
        shutil.copyfileobj(content, file)
    target.chmod(_PROGRAM if member.mode & 0o100 else _FILE)
