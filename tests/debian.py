"""A Debian 12 with nothing on it, made by debootstrap: what tests/compose and tests/fresh begin with."""

import shutil
from pathlib import Path
from typing import Final

from tests.commands import run

RELEASE: Final = "bookworm"


def pack_debian(packed: Path, *packages: str) -> None:
    """Make a minimal Debian 12 with `packages` as the tar file `packed`, which is whole when it is there."""
    root, incoming = packed.with_suffix(""), packed.with_suffix(".new")
    shutil.rmtree(root, ignore_errors=True)
    root.parent.mkdir(parents=True, exist_ok=True)
    mirror = _find_mirror()
    run("debootstrap", "--variant=minbase", f"--include={','.join(packages)}", RELEASE, str(root), *([mirror] if mirror else []))
    trust_certificates(root)
    run("sh", "-c", f"rm -rf '{root}'/var/cache/apt/* '{root}'/var/lib/apt/lists/*")
    run("tar", "-C", str(root), "-cf", str(incoming), ".")
    shutil.rmtree(root)
    incoming.rename(packed)


def trust_certificates(root: Path) -> None:
    """Let the Debian in `root` trust what this machine trusts besides Debian's own."""
    for certificate in Path("/usr/local/share/ca-certificates").glob("**/*.crt"):
        shutil.copy(certificate, root / "usr/local/share/ca-certificates")
    run("chroot", str(root), "update-ca-certificates", PATH="/usr/sbin:/usr/bin:/sbin:/bin")


def _find_mirror() -> str:
    """Where this machine has Debian 12 from; empty where it has none, and debootstrap knows one."""
    if not shutil.which("apt-get"):
        return ""
    lines = run("apt-get", "indextargets", "--format", "$(CODENAME) $(COMPONENT) $(SITE)", "Created-By: Packages").splitlines()
    return next((line.split()[2] for line in lines if line.startswith(f"{RELEASE} main ")), "")
