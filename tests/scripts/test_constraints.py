"""constraints.txt pins all that Dateline needs and is tested with, directly or through something else."""

from __future__ import annotations

from importlib.metadata import distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.scripts.checkout import PROJECT


def _pins() -> dict[str, str]:
    lines = (PROJECT / "constraints.txt").read_text().splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert all(str(requirement.specifier).startswith("==") for requirement in requirements)
    return {canonicalize_name(requirement.name): str(requirement.specifier)[2:] for requirement in requirements}


def _installed(name: str, extras: frozenset[str], found: dict[str, str]) -> dict[str, str]:
    """Add to `found` what a distribution needs, and what that needs, with the versions installed."""
    for line in distribution(name).requires or ():
        requirement = Requirement(line)
        needed = canonicalize_name(requirement.name)
        if any(
            requirement.marker is None or requirement.marker.evaluate({"extra": extra}) for extra in {*extras, ""}
        ) and (needed not in found or requirement.extras):
            found[needed] = distribution(needed).version
            _installed(needed, frozenset(requirement.extras), found)
    return found


def test_everything_installed_is_pinned_to_its_version() -> None:
    installed = _installed("dateline", frozenset({"test"}), {})
    assert {"flask", "werkzeug", "pytest"} <= set(installed)
    pins = _pins()
    assert installed == {name: pins.get(name) for name in installed}


def test_build_backend_is_pinned() -> None:
    assert "setuptools" in _pins()
