import pytest

from tests.background import Background


@pytest.mark.lint
def test_lint_finds_nothing(lint: Background) -> None:
    done = lint.wait(timeout_s=600)
    assert done.returncode == 0, f"make lint\n{done.stdout}{done.stderr}"
