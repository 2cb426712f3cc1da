"""What an image is made of: the parameters from the environment, and the numbers that follow from them."""
import dataclasses
import os
import pathlib
import re
import subprocess
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ROOT / "images"
DISTRIBUTIONS = ("noble", "bookworm")
# Every identity in an image is derived from this and from what it identifies, so that two builds agree.
NAMESPACE = uuid.UUID("6b1d5f0e-3c5a-5f0b-9d4e-2f6f4d1c7a10")


class Refused(Exception):
    """The image cannot be built; the text says what is missing."""


def output_of(*command):
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def number(name, default, smallest):
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or int(text) < smallest:
        raise Refused(f"{name}={text}: a whole number of MiB, at least {smallest}")
    return int(text)


def product_version():
    return re.search(r"project\(\w+\s+VERSION\s+([\d.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)


@dataclasses.dataclass(frozen=True)
class Parameters:
    distribution: str
    version: str
    commit: str
    epoch: int  # the commit's time: the time of everything in the image
    root_mib: int
    esp_mib: int
    compression: int
    programs: pathlib.Path
    debs: tuple
    output: pathlib.Path
    cache: pathlib.Path

    @property
    def name(self):
        return f"bristle-{self.version}-{self.distribution}"

    @property
    def image(self):
        return self.output / f"{self.name}.img"

    @property
    def work(self):
        return self.output / "work"

    def identity(self, role):
        """The UUID of one thing in this image, the same in every build of this version."""
        return uuid.uuid5(NAMESPACE, f"{self.version}/{self.distribution}/{role}")


def read_parameters():
    distribution = os.environ.get("DISTRIBUTION") or "noble"
    if distribution not in DISTRIBUTIONS:
        raise Refused(f"DISTRIBUTION={distribution}: one of {', '.join(DISTRIBUTIONS)}")
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    packages = pathlib.Path(os.environ.get("BRISTLE_PACKAGE_DIRECTORY") or ROOT / "build" / "package")
    return Parameters(
        distribution=distribution,
        version=os.environ.get("VERSION") or product_version(),
        commit=output_of("git", "rev-parse", "HEAD"),
        epoch=int(os.environ.get("SOURCE_DATE_EPOCH") or output_of("git", "log", "-1", "--format=%ct")),
        root_mib=number("ROOT_MIB", 8192, 2048),
        esp_mib=number("ESP_MIB", 512, 40),
        compression=number("ZSTD_LEVEL", 10, 1),
        programs=pathlib.Path(os.environ.get("BRISTLE_BUILD") or ROOT / "build" / "release") / "bin",
        debs=tuple(sorted(packages.glob("*.deb"))),
        output=pathlib.Path(os.environ.get("BRISTLE_IMAGE_DIRECTORY") or ROOT / "build" / "image").resolve(),
        cache=cache / "bristle")
