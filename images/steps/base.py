"""Step 1: the distribution's part of the root file system, as a tar that is kept between builds."""
import hashlib
import os
import pathlib
import re
import subprocess

from .parameters import SOURCES, Refused, output_of

UBUNTU_KEYRING = "/usr/share/keyrings/ubuntu-archive-keyring.gpg"
# "Ubuntu Archive Automatic Signing Key (2018)", which signs noble.
UBUNTU_FINGERPRINT = "F6ECB3762474EDA9D21B7022871920D1991BC93C"
COMPONENTS = {"bookworm": "main", "noble": "main universe"}
# The time of everything in the base, which outlives a commit: 2026-01-01.
BASE_EPOCH = 1767225600
# The host's apt settings that describe the host rather than how to reach its package sources.
HOST_ONLY = ("docker-", "autoremove", "70debconf", "packagekit", "appstream")
# Pages and translations nobody reads on the machine; licences stay, as licences ask.
EXCLUDED = ("/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/doc/*",
            "/usr/share/lintian/*", "/usr/share/bug/*")
INCLUDED = ("/usr/share/doc/*/copyright", "/usr/share/doc/bristle/*")
# What the initial RAM disk is made from; it is made together with the base, because that takes half a minute.
INITRD_FILES = ("etc/initramfs-tools", "etc/mdadm")


def listed_packages(distribution):
    packages = []
    for line in (SOURCES / "packages").read_text().splitlines():
        words = line.split("#")[0].split()
        if words and words[0] in ("any", distribution):
            packages += words[1:]
    return packages


def depended_packages(debs, listed):
    """What our own packages depend on: of alternatives the listed one, else the first."""
    own = {output_of("dpkg-deb", "-f", str(deb), "Package") for deb in debs}
    packages = []
    for deb in debs:
        for clause in output_of("dpkg-deb", "-f", str(deb), "Depends").split(","):
            choices = [re.split(r"[\s(:]", choice.strip())[0] for choice in clause.split("|")]
            if not choices[0] or own.intersection(choices) or set(listed).intersection(choices):
                continue
            packages.append(choices[0])
    return packages


def host_distribution():
    found = re.search(r'^VERSION_CODENAME="?(\w+)', pathlib.Path("/etc/os-release").read_text(), re.M)
    return found.group(1) if found else ""


def sources(distribution):
    """The apt sources to take packages from: MIRROR if given, this machine's own, or the distribution's public ones."""
    mirror, keyring = os.environ.get("MIRROR"), os.environ.get("KEYRING")
    own = {"bookworm": "debian", "noble": "ubuntu"}[distribution]
    own_files = [pathlib.Path(f"/etc/apt/sources.list.d/{own}.sources"), pathlib.Path("/etc/apt/sources.list")]
    if not mirror and host_distribution() == distribution:
        for file in own_files:
            if file.exists() and file.read_text().strip():
                return file.read_text()
    if distribution == "noble":
        keyring = keyring or UBUNTU_KEYRING
        check_keyring(keyring)
        mirror = mirror or "http://archive.ubuntu.com/ubuntu"
        suites = ("noble", "noble-updates", "noble-security")
        lines = [f"deb [signed-by={keyring}] {mirror} {suite} {COMPONENTS[distribution]}" for suite in suites]
    else:
        keyring = keyring or "/usr/share/keyrings/debian-archive-keyring.gpg"
        mirror = mirror or "http://deb.debian.org/debian"
        lines = [f"deb [signed-by={keyring}] {mirror} {suite} {COMPONENTS[distribution]}"
                 for suite in ("bookworm", "bookworm-updates")]
        lines.append(f"deb [signed-by={keyring}] {mirror}-security bookworm-security main")
    return "\n".join(lines) + "\n"


def check_keyring(keyring):
    """Debian has no package of Ubuntu's keys, so a keyring may come from anywhere: it must hold Ubuntu's key."""
    if not pathlib.Path(keyring).exists():
        raise Refused(
            f"an image of noble needs Ubuntu's archive keyring, and {keyring} does not exist. Ubuntu has it in the "
            "package ubuntu-keyring; Debian 12 has no such package: set KEYRING to a copy (and MIRROR, if "
            "archive.ubuntu.com cannot be reached from here), or build DISTRIBUTION=bookworm.")
    listing = subprocess.run(["gpg", "--show-keys", "--with-colons", keyring], check=True, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    if UBUNTU_FINGERPRINT not in listing:
        raise Refused(f"{keyring} does not hold Ubuntu's archive key {UBUNTU_FINGERPRINT}")


def base_key(parameters, packages):
    """Names the cached base by everything that decides its content, but the day's state of the archive."""
    digest = hashlib.sha256("\n".join([parameters.distribution, *packages, *EXCLUDED, *INCLUDED]).encode())
    digest.update(pathlib.Path(__file__).read_bytes())
    for folder in INITRD_FILES:
        for file in sorted((SOURCES / "files" / folder).rglob("*")):
            if file.is_file():
                digest.update(file.relative_to(SOURCES).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def make_base(parameters, say):
    """Returns the tar of the base, from the cache or newly made."""
    listed = listed_packages(parameters.distribution)
    packages = sorted(set(listed + depended_packages(parameters.debs, listed)))
    tar = parameters.cache / f"image-base-{parameters.distribution}-{base_key(parameters, packages)}.tar"
    if tar.exists():
        say(f"Taking the base from {tar}")
        return tar
    say(f"Making the base of {len(packages)} named packages from {parameters.distribution} (some minutes)")
    tar.parent.mkdir(parents=True, exist_ok=True)
    partial = tar.with_suffix(".partial.tar")
    copies = [f"copy-in {SOURCES / 'files' / folder} /etc" for folder in INITRD_FILES]
    options = [f"--aptopt={file}" for file in sorted(pathlib.Path("/etc/apt/apt.conf.d").iterdir())
               if not any(word in file.name for word in HOST_ONLY)]
    options += [f"--dpkgopt=path-exclude={pattern}" for pattern in EXCLUDED]
    options += [f"--dpkgopt=path-include={pattern}" for pattern in INCLUDED]
    command = [
        "mmdebstrap", "--quiet", "--variant=minbase", "--mode=root", f"--include={','.join(packages)}", *options,
        # The kernel's package must not make an initial RAM disk before its settings are in place.
        "--essential-hook=mkdir -p $1/etc/initramfs-tools $1/etc/postgresql-common",
        "--essential-hook=echo create_main_cluster = false >$1/etc/postgresql-common/createcluster.conf",
        *[f"--customize-hook={copy}" for copy in copies],
        "--customize-hook=chroot $1 update-initramfs -c -k all",
        parameters.distribution, str(partial), "-"]
    environment = dict(os.environ, INITRD="No", SOURCE_DATE_EPOCH=str(BASE_EPOCH), LC_ALL="C.UTF-8")
    done = subprocess.run(command, input=sources(parameters.distribution), text=True, env=environment, check=False)
    if done.returncode != 0:
        partial.unlink(missing_ok=True)
        raise Refused(f"the packages of {parameters.distribution} could not be fetched and installed (see above); "
                      "MIRROR and KEYRING name another archive")
    partial.rename(tar)
    return tar
